package dev.driftless.bench.faults;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of one way.
 *
 * @param acknowledged the agent was told that it is stored
 * @param refused the agent was told that it failed
 * @param cutShort the process was killed meanwhile, and did not try again: the agent was told
 *     nothing
 * @param agentKills how often the agent's process was killed
 * @param projectorsKills the same of the projectors'
 * @param took from the first action to the last, restarts included
 * @param consistentAfter how long after the last action the stores had been read without any
 *     partial failure, and none came later; null if some were left for good
 */
public record WayResult(
    Way way,
    int acknowledged,
    int refused,
    int cutShort,
    int agentKills,
    int projectorsKills,
    Duration took,
    Tally tally,
    @Nullable Duration consistentAfter,
    List<StoreCalls> calls) {}
