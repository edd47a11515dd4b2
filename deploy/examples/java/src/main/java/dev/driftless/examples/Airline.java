package dev.driftless.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * Stands for the airline's own system: it keeps what it is asked, whatever becomes of the agent,
 * and remembers the id of each call.
 *
 * @param book a file, a line for what it did
 * @param stuckIn the tool after which it gives no answer; empty if it always does
 */
record Airline(Path book, String stuckIn) {

  /** Does it, and returns a number for it. */
  String call(String tool, String callId) throws IOException, InterruptedException {
    write(tool + " " + callId);
    if (tool.equals(stuckIn)) {
      System.out.println("stuck in " + tool);
      System.out.flush();
      new CountDownLatch(1).await();
    }
    return numberOf(callId);
  }

  /** The number of what was done by that call; empty if it never came here. */
  Optional<String> find(String callId) throws IOException {
    return lines().stream().anyMatch(line -> line.endsWith(" " + callId))
        ? Optional.of(numberOf(callId))
        : Optional.empty();
  }

  /** Undoes it; twice is once. */
  String undo(String tool, String callId) throws IOException {
    String line = tool + " of " + numberOf(callId);
    if (!lines().contains(line)) {
      write(line);
    }
    return line;
  }

  List<String> lines() throws IOException {
    return Files.exists(book) ? Files.readAllLines(book) : List.of();
  }

  private void write(String line) throws IOException {
    Files.write(book, (line + "\n").getBytes(UTF_8), CREATE, APPEND);
  }

  private static String numberOf(String callId) {
    return "N-" + callId.replace('/', '-');
  }
}
