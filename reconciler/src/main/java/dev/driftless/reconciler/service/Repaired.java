package dev.driftless.reconciler.service;

import dev.driftless.reconciler.RepairReport;
import java.time.Instant;

/**
 * What became of a repair, and when.
 *
 * @param at when it ended
 */
record Repaired(Instant at, RepairReport report) {}
