@NullMarked
package dev.driftless.projectors.context;

import org.jspecify.annotations.NullMarked;
