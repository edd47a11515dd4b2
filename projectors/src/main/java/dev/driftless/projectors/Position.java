package dev.driftless.projectors;

import java.time.Instant;

/**
 * Up to where a view holds one partition of the log.
 *
 * @param topicId the log's topic id, so that a position is never taken for one of another log of
 *     the same name
 * @param offset the first offset not applied
 * @param logTime the log time at that point: the running maximum of the broker's append times below
 *     {@code offset}, in milliseconds
 */
public record Position(String topicId, long offset, Instant logTime) {}
