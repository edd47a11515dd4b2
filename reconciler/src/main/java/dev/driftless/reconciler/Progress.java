package dev.driftless.reconciler;

/** Is told, in a line, what takes long. */
@FunctionalInterface
public interface Progress {

  /** One line. */
  void say(String line);
}
