package dev.driftless.projectors.runtime;

import dev.driftless.projectors.Projector;
import dev.driftless.schemas.EventDecoder;
import java.time.Duration;
import java.util.Map;

/** What the stream threads of one view share. */
record ViewParts(
    Projector projector,
    EventDecoder decoder,
    LogPositions log,
    ViewMeters meters,
    Map<Integer, OwnedPartition> partitions,
    Duration checkInterval) {}
