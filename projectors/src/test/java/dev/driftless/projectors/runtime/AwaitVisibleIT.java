package dev.driftless.projectors.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.local.LocalStack;
import dev.driftless.local.Progress;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.NotVisibleException;
import dev.driftless.producer.Receipt;
import dev.driftless.producer.View;
import dev.driftless.projectors.Events;
import dev.driftless.projectors.TestLog;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.relational.RelationalFixture;
import dev.driftless.schemas.ViewPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a client is told that waits for a view, shown with the relational one. */
final class AwaitVisibleIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(300);

  private TestLog log;
  private RelationalFixture fixture;

  @BeforeEach
  void open() {
    log = new TestLog(PATIENCE);
    fixture = new RelationalFixture();
  }

  @AfterEach
  void close() {
    fixture.close();
    log.close();
  }

  @Test
  void any_number_of_threads_wait_for_their_own_events() throws Exception {
    ExecutorService agents = Executors.newFixedThreadPool(8);
    try (MemoryLog client = log.client();
        ViewApplication ignored = log.start(fixture.open())) {
      List<Future<?>> all = new ArrayList<>();
      for (int agent = 0; agent < 8; agent++) {
        String subject = "subject-" + agent;
        all.add(agents.submit(() -> rememberAndRead(client, subject)));
      }
      for (Future<?> each : all) {
        each.get();
      }
    } finally {
      agents.shutdownNow();
    }
  }

  private void rememberAndRead(MemoryLog client, String subject) {
    for (int m = 0; m < 20; m++) {
      Receipt receipt = client.append(Events.recorded("acme", subject, "m" + m, "text"));
      client.awaitVisible(receipt, View.RELATIONAL, PATIENCE);
      assertThat(
              fixture.query(
                  "SELECT count(*) FROM memories WHERE subject = '%s'".formatted(subject)))
          .containsExactly(Integer.toString(m + 1));
    }
  }

  @Test
  void another_process_waits_with_the_token() {
    try (MemoryLog agent = log.client();
        MemoryLog other = log.client()) {
      String token = agent.append(Events.recorded("m1", "text")).token();
      Awaitility.await("all is read that there is")
          .untilAsserted(
              () ->
                  assertThatThrownBy(
                          () -> other.awaitVisible(Receipt.parse(token), View.RELATIONAL, SHORT))
                      .isInstanceOf(NotVisibleException.class)
                      .hasMessageContainingAll(
                          "nothing is known of the view relational", "is it running?"));
      try (ViewApplication ignored = log.start(fixture.open())) {
        other.awaitVisible(Receipt.parse(token), View.RELATIONAL, PATIENCE);
      }
    }
  }

  @Test
  void a_view_that_is_paused_says_so() {
    try (MemoryLog client = log.client();
        ViewApplication ignored = log.start(fixture.open())) {
      client.awaitVisible(client.append(Events.recorded("m1", "text")), View.RELATIONAL, PATIENCE);
      ViewControls.set(log.kafka(), log.names(), "relational", true);
      Receipt receipt = awaitBehind(client, "the view is paused");
      ViewControls.set(log.kafka(), log.names(), "relational", false);
      client.awaitVisible(receipt, View.RELATIONAL, PATIENCE);
    }
  }

  @Test
  void a_view_whose_store_is_away_says_so() {
    try (TestStack own = TestStack.fresh(ServerKind.POSTGRES);
        RelationalFixture mortal =
            new RelationalFixture(PostgresFixture.server(own.stack().addresses()));
        MemoryLog client = log.client();
        ViewApplication ignored = log.start(mortal.open())) {
      LocalStack stack = own.stack();
      client.awaitVisible(client.append(Events.recorded("m1", "text")), View.RELATIONAL, PATIENCE);
      stack.kill(ServerKind.POSTGRES);
      Receipt receipt = awaitBehind(client, "refused");
      stack.start(Set.of(ServerKind.POSTGRES), Progress.silent());
      client.awaitVisible(receipt, View.RELATIONAL, PATIENCE);
      assertThat(mortal.query("SELECT count(*) FROM memories WHERE memory_id <> 'm1'"))
          .isNotEqualTo(List.of("0"));
    }
  }

  /** Appends until the view shows one no longer in time, and says why. */
  private Receipt awaitBehind(MemoryLog client, String why) {
    Receipt[] last = new Receipt[1];
    Awaitility.await(why)
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              last[0] = client.append(Events.recorded("m" + System.nanoTime(), "text"));
              assertThatThrownBy(() -> client.awaitVisible(last[0], View.RELATIONAL, SHORT))
                  .isInstanceOf(NotVisibleException.class)
                  .hasMessageContaining(why);
            });
    return last[0];
  }

  @Test
  void whoever_waits_in_sql_finds_the_event_with_the_next_statement() {
    try (MemoryLog client = log.client();
        ViewApplication ignored = log.start(fixture.open())) {
      client.awaitVisible(client.append(Events.recorded("m0", "text")), View.RELATIONAL, PATIENCE);
      for (int m = 1; m < 20; m++) {
        Receipt receipt = client.append(Events.recorded("m" + m, "text"));
        fixture.query("SELECT await('%s', '60 s')".formatted(receipt.token()));
        assertThat(fixture.query("SELECT count(*) FROM memories"))
            .containsExactly(Integer.toString(m + 1));
      }
    }
  }

  @Test
  void whoever_waits_in_sql_in_vain_is_told_why() {
    try (MemoryLog client = log.client()) {
      Receipt first = client.append(Events.recorded("m1", "text"));
      log.project(fixture);
      Receipt second = client.append(Events.recorded("m2", "text"));
      fixture.query("SELECT await(%d, %d, '0 s')".formatted(first.partition(), first.offset()));
      assertRefused("SELECT await('%s', '0.1 s')".formatted(second.token()), "is 1 events behind");
      assertRefused("SELECT await('3.41', '1 min')", "is not a receipt");
      Receipt foreign = new Receipt("AAAAAAAAAAAAAAAAAAAAAA", first.partition(), first.offset());
      assertRefused("SELECT await('%s', '1 min')".formatted(foreign.token()), "of another log");
      assertRefused(
          "SET LOCAL transaction_isolation = 'repeatable read'; SELECT await('%s', '1 min')"
              .formatted(second.token()),
          "after its transaction began");
    }
  }

  private void assertRefused(String sql, String why) {
    assertThatThrownBy(() -> fixture.query(sql)).rootCause().hasMessageContaining(why);
  }

  @Test
  void a_receipt_of_another_log_is_refused_at_once() {
    try (MemoryLog client = log.client()) {
      Receipt own = client.append(Events.recorded("m1", "text"));
      Receipt foreign = new Receipt("AAAAAAAAAAAAAAAAAAAAAA", own.partition(), own.offset());
      assertThatThrownBy(() -> client.awaitVisible(foreign, View.RELATIONAL, PATIENCE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("of another log");
      Receipt beyond = new Receipt(own.topicId(), TestLog.PARTITIONS, 0);
      assertThatThrownBy(() -> client.awaitVisible(beyond, View.RELATIONAL, PATIENCE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the log has 2 partitions");
    }
  }

  @Test
  void a_view_that_there_is_not_is_refused_at_once() {
    try (MemoryLog client = log.client()) {
      Receipt receipt = client.append(Events.recorded("m1", "text"));
      assertThatThrownBy(() -> client.awaitVisible(receipt, new View("vectors"), PATIENCE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no view 'vectors'");
    }
  }

  @Test
  void a_view_that_was_emptied_is_waited_for_again() {
    try (MemoryLog client = log.client()) {
      Receipt receipt = client.append(Events.recorded("m1", "text"));
      log.project(fixture);
      client.awaitVisible(receipt, View.RELATIONAL, PATIENCE);
      fixture.wipe();
      ViewControls.set(log.kafka(), log.names(), "relational", true);
      try (ViewApplication ignored = log.start(fixture.open())) {
        Awaitility.await("its projector tells that it begins anew")
            .atMost(PATIENCE)
            .untilAsserted(
                () ->
                    assertThatThrownBy(
                            () -> client.awaitVisible(receipt, View.RELATIONAL, Duration.ZERO))
                        .hasMessageContaining("1 events behind"));
        ViewControls.set(log.kafka(), log.names(), "relational", false);
        client.awaitVisible(receipt, View.RELATIONAL, PATIENCE);
        assertThat(fixture.query("SELECT count(*) FROM memories")).containsExactly("1");
      }
    }
  }

  @Test
  void who_begins_to_wait_reads_all_that_was_told_before_it_believes_any() throws Exception {
    Receipt receipt;
    try (MemoryLog client = log.client()) {
      receipt = client.append(Events.recorded("m1", "text"));
    }
    try (KafkaProducer<byte[], byte[]> projectors =
        new KafkaProducer<>(
            Map.copyOf(log.kafka()), new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int i = 0; i < 3_000; i++) {
        boolean wasEmptied = i == 2_999;
        ViewPosition told =
            new ViewPosition(
                "relational",
                receipt.partition(),
                receipt.topicId(),
                "",
                wasEmptied ? 8 : 7,
                wasEmptied ? 0 : receipt.offset() + 1,
                0,
                null);
        var unused =
            projectors.send(
                new ProducerRecord<>(log.names().positions(), 0, told.key(), told.value()));
      }
    }
    try (MemoryLog fresh = log.client()) {
      assertThatThrownBy(() -> fresh.awaitVisible(receipt, View.RELATIONAL, Duration.ofSeconds(3)))
          .isInstanceOf(NotVisibleException.class);
    }
  }

  @Test
  void who_waits_while_the_log_is_closed_is_told() {
    MemoryLog client = log.client();
    Receipt receipt = client.append(Events.recorded("m1", "text"));
    Thread waiter = Thread.currentThread();
    Thread closer =
        new Thread(
            () -> {
              Awaitility.await().until(() -> waiter.getState() == Thread.State.TIMED_WAITING);
              client.close();
            });
    closer.start();
    assertThatThrownBy(() -> client.awaitVisible(receipt, View.RELATIONAL, PATIENCE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }
}
