/** The list of projectors, their configuration, and the program that runs them. */
@NullMarked
package dev.driftless.projectors.app;

import org.jspecify.annotations.NullMarked;
