/**
 * The local stack: Kafka, a schema registry, PostgreSQL, Redis and Qdrant as real processes on this
 * machine, for working with Driftless ({@link dev.driftless.local.LocalStack}) and for testing it
 * ({@link dev.driftless.local.TestStack}).
 *
 * <p>Where is what: one class per server ({@code KafkaServer}, …) holds everything that differs
 * between servers; {@code ServerControl} is the life of one process; {@code Home} is the directory.
 */
@NullMarked
package dev.driftless.local;

import org.jspecify.annotations.NullMarked;
