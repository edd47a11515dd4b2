@NullMarked
package dev.driftless.projectors.cache;

import org.jspecify.annotations.NullMarked;
