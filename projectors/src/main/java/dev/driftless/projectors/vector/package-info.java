/** The vector view: memories in Qdrant, to be found by meaning. */
@NullMarked
package dev.driftless.projectors.vector;

import org.jspecify.annotations.NullMarked;
