/** The audit view: one row per log record, hash-chained, and the proof that it is the log's. */
@NullMarked
package dev.driftless.projectors.audit;

import org.jspecify.annotations.NullMarked;
