@NullMarked
package dev.driftless.projectors;

import org.jspecify.annotations.NullMarked;
