@NullMarked
package dev.driftless.projectors.postgres;

import org.jspecify.annotations.NullMarked;
