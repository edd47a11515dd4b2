/** Experiments on real servers and processes: what is lost, doubled or stale when they fail. */
@NullMarked
package dev.driftless.bench;

import org.jspecify.annotations.NullMarked;
