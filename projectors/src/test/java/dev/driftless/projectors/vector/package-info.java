@NullMarked
package dev.driftless.projectors.vector;

import org.jspecify.annotations.NullMarked;
