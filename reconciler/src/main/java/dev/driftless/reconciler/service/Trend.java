package dev.driftless.reconciler.service;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the views were in the last 24 hours, a sample a minute at most. Kept in a file of JSON lines,
 * so that it outlives the process; at most two days of it. Safe for several threads.
 */
final class Trend {

  static final Duration EVERY = Duration.ofMinutes(1);
  private static final Duration KEPT = Duration.ofDays(1);
  private static final long MOST_LINES = 2 * KEPT.dividedBy(EVERY);
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * @param at seconds since 1970
   * @param views by name
   */
  record Sample(long at, Map<String, Point> views) {}

  /**
   * One view at one moment.
   *
   * @param lagEvents null if it is not known; so the next two
   * @param verified the sum of the positions up to which it is verified
   * @param repairs keys mended since the sample before
   */
  record Point(
      @Nullable Long lagEvents,
      @Nullable Double lagSeconds,
      @Nullable Long verified,
      long divergences,
      long repairs) {}

  private final Path file;
  private final Deque<Sample> samples = new ArrayDeque<>();
  private long lines;

  private Trend(Path file) {
    this.file = file;
  }

  /**
   * What the file holds of the last 24 hours; what cannot be read in it is passed over.
   *
   * @throws UncheckedIOException if there is no such file and none can be made
   */
  static Trend open(Path file, Instant now) {
    Trend trend = new Trend(file);
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      if (Files.exists(file)) {
        // a line that was cut in a crash may hold anything
        new String(Files.readAllBytes(file), UTF_8).lines().forEach(trend::take);
      }
      trend.forget(now);
      trend.rewrite();
      return trend;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether it is time for the next one. */
  synchronized boolean isDue(Instant now) {
    Sample last = samples.peekLast();
    return last == null || now.getEpochSecond() - last.at() >= EVERY.toSeconds();
  }

  synchronized void add(Sample sample) {
    samples.addLast(sample);
    forget(Instant.ofEpochSecond(sample.at()));
    try {
      if (lines >= MOST_LINES) {
        rewrite();
      } else {
        Files.writeString(file, line(sample), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        lines++;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The oldest first. */
  synchronized List<Sample> samples() {
    return List.copyOf(samples);
  }

  private void take(String line) {
    try {
      samples.addLast(JSON.readValue(line, Sample.class));
    } catch (JsonProcessingException e) {
      return;
    }
  }

  private void forget(Instant now) {
    long oldest = now.minus(KEPT).getEpochSecond();
    samples.removeIf(sample -> sample.at() < oldest || sample.at() > now.getEpochSecond());
  }

  private void rewrite() throws IOException {
    StringBuilder all = new StringBuilder();
    for (Sample sample : samples) {
      all.append(line(sample));
    }
    Path next = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(next, all);
    Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
    lines = samples.size();
  }

  private static String line(Sample sample) throws JsonProcessingException {
    return JSON.writeValueAsString(sample) + "\n";
  }
}
