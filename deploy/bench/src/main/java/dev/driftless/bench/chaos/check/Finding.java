package dev.driftless.bench.chaos.check;

/**
 * One thing that is wrong.
 *
 * @param where the view, or {@code log}
 * @param key what it is about
 * @param detail offsets and names of fields, never what they hold
 */
public record Finding(String where, String key, Wrong wrong, String detail) {}
