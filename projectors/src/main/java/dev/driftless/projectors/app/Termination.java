package dev.driftless.projectors.app;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * How a process learns that it is to end, while all of it still works. A shutdown hook of the JVM
 * is too late: all hooks run at once, and that of the embedding model's library frees memory that
 * threads which still embed use; the JVM then crashes (microsoft/onnxruntime#31352).
 */
public final class Termination {

  private Termination() {}

  /**
   * From now on {@code TERM}, {@code INT} and {@code HUP} no longer end this process: who asked
   * closes what is open, and ends it with the exit code that this is then completed with, as if the
   * signal had.
   */
  public static CompletableFuture<Integer> requested() {
    CompletableFuture<Integer> exitCode = new CompletableFuture<>();
    for (String name : List.of("TERM", "INT", "HUP")) {
      sun.misc.Signal.handle(
          new sun.misc.Signal(name), signal -> exitCode.complete(128 + signal.getNumber()));
    }
    return exitCode;
  }
}
