/**
 * Reads the log for a projector: Kafka Streams plumbing, the folds that tell duplicates and
 * forgotten memories, drains, fencing, dead letters, metrics. Knows no view.
 */
@NullMarked
package dev.driftless.projectors.runtime;

import org.jspecify.annotations.NullMarked;
