/**
 * A running stack under load, and a seeded schedule of faults: what is lost, doubled, stale or out
 * of order when it is over. {@link dev.driftless.bench.chaos.Chaos} runs it; {@link
 * dev.driftless.bench.chaos.FaultKind} is the list of the faults.
 */
@NullMarked
package dev.driftless.bench.chaos;

import org.jspecify.annotations.NullMarked;
