package dev.driftless.projectors;

import java.util.Map;

/**
 * What a store computed of all that a view holds, in one snapshot.
 *
 * @param positions of the partitions in that snapshot; a partition that is absent holds nothing
 * @param digests of each bucket ({@link Entity#bucket}): all {@link HeldRow#digest} in it, xor
 */
public record BucketDigests(Map<Integer, Long> positions, long[] digests) {}
