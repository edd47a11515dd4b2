package dev.driftless.projectors.app;

import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import java.util.stream.Stream;

/** What went wrong, for a person, in one line. */
public final class Failure {

  private Failure() {}

  /** The first lines of the messages from the outermost to the root cause, none said twice. */
  public static String line(Throwable e) {
    StringBuilder line = new StringBuilder();
    Stream.iterate(e, Objects::nonNull, Throwable::getCause)
        .map(Failure::firstLine)
        .filter(message -> !message.isEmpty())
        .forEach(
            message -> {
              if (line.indexOf(message) < 0) {
                line.append(line.isEmpty() ? "" : ": ").append(message);
              }
            });
    return line.isEmpty() ? e.getClass().getSimpleName() : line.toString();
  }

  private static String firstLine(Throwable e) {
    // the message of these is the file's name alone
    if (e instanceof NoSuchFileException) {
      return e.getMessage() + ": no such file";
    } else if (e instanceof AccessDeniedException) {
      return e.getMessage() + ": permission denied";
    }
    String message = e.getMessage();
    return message == null ? "" : message.strip().lines().findFirst().orElse("");
  }
}
