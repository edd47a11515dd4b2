/** The {@code driftless} command, tried on real servers. */
@NullMarked
package dev.driftless.cli;

import org.jspecify.annotations.NullMarked;
