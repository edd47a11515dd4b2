package dev.driftless.local;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A small shell process that ends the servers of a temporary stack and removes its directory as
 * soon as this JVM is gone, in whatever way: it waits for the end of a pipe that only this JVM
 * holds open.
 */
final class Guard implements AutoCloseable {
  private static final Duration END = Duration.ofSeconds(20);

  private final Process shell;

  private Guard(Process shell) {
    this.shell = shell;
  }

  static Guard over(Path home, Host host) throws IOException {
    List<String> command =
        List.of("/bin/sh", "-c", ServerPrograms.text("guard.sh"), "guard", home.toString());
    Process shell =
        new ProcessBuilder(host.detached(command))
            .directory(Path.of("/").toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    return new Guard(shell);
  }

  /** Ends the stack now. Returns when its servers and its directory are gone. */
  @Override
  public void close() {
    try {
      shell.getOutputStream().close();
      if (!shell.waitFor(END.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new StackException(
            "the temporary stack's guard, process " + shell.pid() + ", does not end");
      }
    } catch (IOException e) {
      throw new StackException("cannot reach the temporary stack's guard: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
