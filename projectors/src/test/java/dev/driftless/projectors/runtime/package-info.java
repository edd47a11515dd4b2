@NullMarked
package dev.driftless.projectors.runtime;

import org.jspecify.annotations.NullMarked;
