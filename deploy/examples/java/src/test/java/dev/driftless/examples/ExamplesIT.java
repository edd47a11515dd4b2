package dev.driftless.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.local.TestStack;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The examples as processes that are killed. */
@ResourceLock("locks of sessions, which some of these tests take away from whoever has them")
final class ExamplesIT {

  @TempDir static Path directory;

  private static LiveView live;

  @BeforeAll
  static void start() {
    live = new LiveView(TestStack.shared(), Duration.ofSeconds(30), directory.resolve("state"));
  }

  @AfterAll
  static void stop() {
    live.close();
  }

  @Test
  void what_was_waited_for_is_there_and_another_process_waits_with_the_receipt() throws Exception {
    List<String> said;
    try (Program writer =
        new Program(ReadYourWrites.class, live.environment(), "remember", "aisle")) {
      said = writer.readAll();
    }
    assertThat(live.query("SELECT text FROM <schema>.memories WHERE memory_id = 'seat'"))
        .containsExactly("aisle");
    String token = said.get(0).substring("receipt ".length());
    try (Program reader = new Program(ReadYourWrites.class, live.environment(), "await", token)) {
      assertThat(reader.readAll()).containsExactly("visible");
    }
  }

  @Test
  void killed_on_step_7_of_12_it_goes_on_from_the_last_checkpoint_and_tells_the_open_call()
      throws Exception {
    try (Program first = new Program(TwelveSteps.class, live.environment(), "twelve", "7")) {
      assertThat(first.readTo("inside 7"))
          .startsWith("after checkpoint 0 known []")
          .endsWith("inside 6", "inside 7");
      first.kill();
    }

    List<String> second;
    try (Program again = new Program(TwelveSteps.class, live.environment(), "twelve")) {
      second = again.readAll();
    }
    assertThat(second)
        .startsWith("after checkpoint 4 known [step-5, step-6]", "open step-7 book_reservation")
        .endsWith("done");
    assertThat(second)
        .filteredOn(line -> line.startsWith("inside"))
        .containsExactlyElementsOf(
            IntStream.rangeClosed(7, 12).mapToObj(step -> "inside " + step).toList());

    try (Program last = new Program(TwelveSteps.class, live.environment(), "twelve")) {
      assertThat(last.readAll()).containsExactly("after checkpoint 12 known []", "done");
    }
  }

  @Test
  void a_booking_that_is_killed_in_the_middle_goes_on_and_books_nothing_twice() throws Exception {
    Path book = directory.resolve("resumed.txt");
    killInBaggages("resumed", book);

    try (Program again = booking("resumed", book, "run")) {
      assertThat(again.readAll())
          .containsExactly(
              "booked {flight=N-trip-1-flight, bags=N-trip-1-bags, certificate=N-trip-1-certificate}");
    }
    assertThat(Files.readAllLines(book))
        .containsExactly(
            "book_reservation trip-1/flight",
            "update_reservation_baggages trip-1/bags",
            "send_certificate trip-1/certificate");
    assertThat(statuses("resumed"))
        .containsExactly(
            "trip-1 COMPLETED",
            "trip-1/bags COMPLETED",
            "trip-1/certificate COMPLETED",
            "trip-1/flight COMPLETED");
  }

  @Test
  void a_booking_that_is_killed_in_the_middle_is_undone_the_last_step_first() throws Exception {
    Path book = directory.resolve("undone.txt");
    killInBaggages("undone", book);

    try (Program again = booking("undone", book, "give-up")) {
      assertThat(again.readAll()).containsExactly("undone [bags, flight]");
    }
    assertThat(Files.readAllLines(book))
        .containsExactly(
            "book_reservation trip-1/flight",
            "update_reservation_baggages trip-1/bags",
            "remove_baggages of N-trip-1-bags",
            "cancel_reservation of N-trip-1-flight");
    assertThat(statuses("undone"))
        .containsExactly(
            "trip-1 COMPENSATED", "trip-1/bags COMPENSATED", "trip-1/flight COMPENSATED");
  }

  /** The airline did it, and the agent never heard. */
  private static void killInBaggages(String session, Path book) throws Exception {
    String tool = "update_reservation_baggages";
    try (Program first = booking(session, book, "run", tool)) {
      assertThat(first.readTo("stuck in " + tool)).endsWith("stuck in " + tool);
      first.kill();
    }
  }

  private static Program booking(String session, Path book, String... what) throws Exception {
    String[] arguments = new String[what.length + 2];
    arguments[0] = session;
    arguments[1] = book.toString();
    System.arraycopy(what, 0, arguments, 2, what.length);
    return new Program(Booking.class, live.environment(), arguments);
  }

  /** As the view shows it once it has caught up. */
  private static List<String> statuses(String session) {
    live.journal("mia", session).recover(LiveView.PATIENCE).close();
    return live.query(
        "SELECT tool_call_id, status FROM <schema>.tool_calls WHERE session = '%s' ORDER BY 1"
            .formatted(session));
  }
}
