package dev.driftless.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** One who publishes memories, and one who reads a view; until closed. */
final class Traffic implements AutoCloseable {

  private static final Map<String, String> COUNTS =
      Map.of(
          "relational", "SELECT count(*) FROM R.memories",
          "context", "SELECT count(*) FROM C.memories",
          "audit", "SELECT count(*) FROM A.records");

  private static final int MOST_BEHIND = 100;

  private final KeptViews views;
  private final Lag lag;
  private final String view;
  private final Stores reading;
  private final List<String> wrong = new ArrayList<>();
  private final Thread writer = new Thread(this::write, "writer");
  private final Thread reader = new Thread(this::read, "reader");
  private volatile boolean over;
  private int published;
  private int looks;

  Traffic(KeptViews views, Lag lag, String view) {
    this.views = views;
    this.lag = lag;
    this.view = view;
    this.reading = new Stores(views);
    writer.start();
    reader.start();
  }

  private void write() {
    while (!over) {
      if (behind() > MOST_BEHIND) {
        Pause.of(Duration.ofMillis(100)); // a machine that is too busy would never catch up
        continue;
      }
      int from = published;
      views.publish(
          IntStream.range(from, from + 5)
              .mapToObj(i -> Events.recorded(view + i % 7, "live" + i, "text " + i % 30))
              .toList());
      published += 5;
      Pause.of(Duration.ofMillis(100));
    }
  }

  private long behind() {
    try {
      return lag.read(view).events();
    } catch (RuntimeException e) {
      return 0; // the reader tells what is wrong
    }
  }

  /** No answer may show less than the one before. */
  private void read() {
    long[] seen = new long[KeptViews.PARTITIONS];
    long rows = 0;
    while (!over && wrong.isEmpty()) {
      try {
        for (int partition = 0; partition < seen.length; partition++) {
          long position = lag.position(view, partition);
          if (position < seen[partition]) {
            wrong.add("position %d after %d".formatted(position, seen[partition]));
          }
          seen[partition] = position;
        }
        long count = count();
        if (count < rows) {
          wrong.add("%d rows after %d".formatted(count, rows));
        }
        rows = count;
        looks++;
        Pause.of(Duration.ofMillis(20));
      } catch (RuntimeException e) {
        wrong.add(e.toString());
      }
    }
  }

  void assertNothingWentBack() throws InterruptedException {
    over = true;
    writer.join();
    reader.join();
    assertThat(wrong).isEmpty();
    assertThat(looks).isGreaterThan(20);
  }

  private long count() {
    if (view.equals("vector")) {
      String answer = reading.qdrant("POST", "/points/count", "{\"exact\":true}");
      return Long.parseLong(answer.replaceAll(".*\"count\":(\\d+).*", "$1"));
    }
    return Long.parseLong(reading.query(String.valueOf(COUNTS.get(view))).get(0));
  }

  @Override
  public void close() throws InterruptedException {
    over = true;
    writer.join();
    reader.join();
    reading.close();
  }
}
