package dev.driftless.local;

/**
 * Hears what a stack is doing, one short line at a time: {@code kafka: ready in 2.1 s}. Everything
 * that may take longer than a second is announced before it begins. Lines come from several
 * threads, but never two at once.
 */
@FunctionalInterface
public interface Progress {
  void say(String line);

  /** A listener that hears nothing. */
  static Progress silent() {
    return line -> {};
  }
}
