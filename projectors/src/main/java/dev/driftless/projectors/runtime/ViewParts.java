package dev.driftless.projectors.runtime;

import dev.driftless.projectors.Projector;
import dev.driftless.schemas.EventDecoder;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the stream threads of one generation of a view share.
 *
 * @param name what it is called in logs and meters
 * @param reports null for what no client waits for
 */
record ViewParts(
    String name,
    Projector projector,
    EventDecoder decoder,
    LogPositions log,
    ViewMeters meters,
    ApplySpans spans,
    Polls polls,
    Map<Integer, OwnedPartition> partitions,
    @Nullable PositionReports reports,
    int maxBatch,
    Duration checkInterval) {}
