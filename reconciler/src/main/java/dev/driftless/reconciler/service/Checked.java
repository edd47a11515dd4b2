package dev.driftless.reconciler.service;

import dev.driftless.reconciler.ViewReport;
import java.time.Instant;

/**
 * What a check found, and when.
 *
 * @param at when it ended
 */
record Checked(Instant at, ViewReport report) {}
