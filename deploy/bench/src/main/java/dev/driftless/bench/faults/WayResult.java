package dev.driftless.bench.faults;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of one way.
 *
 * @param acknowledged the agent was told that it is stored
 * @param refused the agent was told that it failed
 * @param cutShort the process was killed meanwhile, and the agent was told nothing
 * @param took from the first action to the last, restarts included
 * @param consistentAfter how long after the last action no partial failure was left; null if some
 *     were left for good
 */
public record WayResult(
    Way way,
    int acknowledged,
    int refused,
    int cutShort,
    Duration took,
    Tally tally,
    @Nullable Duration consistentAfter,
    List<StoreCalls> calls) {}
