package dev.driftless.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.driftless.local.TestStack;
import dev.driftless.producer.NotVisibleException;
import dev.driftless.producer.journal.AgentSession;
import dev.driftless.producer.journal.Checkpoint;
import dev.driftless.producer.journal.Recovery;
import dev.driftless.producer.journal.SessionLockException;
import dev.driftless.producer.journal.ToolCall;
import dev.driftless.producer.journal.ToolCallJournal;
import dev.driftless.producer.journal.UnknownOutcomeException;
import dev.driftless.schemas.SubjectKey;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.postgresql.ds.PGSimpleDataSource;

/** What a journal knows of a session, told by a real view. */
@ResourceLock("locks of sessions, which some of these tests take away from whoever has them")
final class RecoveryIT {

  private static final Duration PATIENCE = LiveView.PATIENCE;

  @TempDir static Path state;

  private static LiveView live;

  @BeforeAll
  static void start() {
    live = new LiveView(TestStack.shared(), Duration.ofSeconds(30), state);
  }

  @AfterAll
  static void stop() {
    live.close();
  }

  @Test
  void a_session_of_which_nothing_is_known_begins() {
    try (Recovery recovery = live.journal("nobody", "s1").recover(PATIENCE)) {
      assertThat(recovery.checkpoint()).isEmpty();
      assertThat(recovery.openCalls()).isEmpty();
      assertThat(recovery.callsSinceCheckpoint()).isEmpty();
      assertThat(recovery.unfinishedSagas()).isEmpty();
    }
  }

  @Test
  void what_was_acknowledged_before_it_is_told_each_time() {
    for (int round = 1; round <= 20; round++) {
      ToolCallJournal journal = live.journal("mia", "s-" + round);
      IntStream.range(0, 20).forEach(i -> journal.call("c" + i, "think", "{}", () -> "r" + i));
      journal.checkpoint("one", "1");
      journal.call("after", "think", "{\"n\":1}", () -> "thought");
      open(journal, "open");

      try (Recovery recovery = journal.recover(PATIENCE)) {
        assertThat(recovery.checkpoint()).contains(new Checkpoint("one", "1"));
        assertThat(recovery.callsSinceCheckpoint())
            .containsExactly(
                new ToolCall(
                    "after",
                    "think",
                    "{\"n\":1}",
                    ToolCall.Status.COMPLETED,
                    "thought",
                    null,
                    null,
                    "booker"),
                new ToolCall(
                    "open",
                    "book_reservation",
                    "{}",
                    ToolCall.Status.INTENDED,
                    null,
                    null,
                    null,
                    "booker"));
        assertThat(recovery.openCalls()).extracting(ToolCall::id).containsExactly("open");
      }
    }
  }

  @Test
  void the_last_checkpoint_counts_and_calls_that_were_open_before_it_stay_open() {
    ToolCallJournal journal = live.journal("lea", "s1");
    open(journal, "early");
    journal.checkpoint("one", "1");
    journal.call("middle", "think", "{}", () -> "r");
    journal.checkpoint("two", "2");
    assertThatThrownBy(
            () ->
                journal.call(
                    "failed",
                    "think",
                    "{}",
                    () -> {
                      throw new IOException("no");
                    }))
        .isInstanceOf(IOException.class);
    journal.checkpoint("one", "3");

    try (Recovery recovery = journal.recover(PATIENCE)) {
      assertThat(recovery.checkpoint()).contains(new Checkpoint("one", "3"));
      assertThat(recovery.callsSinceCheckpoint()).isEmpty();
      assertThat(recovery.openCalls()).extracting(ToolCall::id).containsExactly("early");
      journal.failed(recovery.openCalls().get(0), "it never came there");
    }
    try (Recovery recovery = journal.recover(PATIENCE)) {
      assertThat(recovery.openCalls()).isEmpty();
      assertThat(recovery.callsSinceCheckpoint())
          .singleElement()
          .satisfies(call -> assertThat(call.error()).isEqualTo("it never came there"));
    }
  }

  @Test
  void the_same_ids_in_other_sessions_of_other_subjects_and_tenants_are_others() {
    ToolCallJournal mine = live.journal("ana", "s1");
    List<ToolCallJournal> others =
        List.of(
            live.journal("ana", "s2"),
            live.journal("ana2", "s1"),
            ToolCallJournal.of(
                live.log, live.postgres, new AgentSession("other", "ana", "booker", "s1")));
    mine.call("c1", "think", "{}", () -> "mine");
    mine.checkpoint("one", "\"mine\"");
    open(mine, "c2");
    for (ToolCallJournal other : others) {
      open(other, "c1");
      other.checkpoint("one", "\"other\"");
      other.call("c2", "think", "{}", () -> "other");
    }

    try (Recovery recovery = mine.recover(PATIENCE)) {
      assertThat(recovery.checkpoint()).contains(new Checkpoint("one", "\"mine\""));
      assertThat(recovery.openCalls()).extracting(ToolCall::id).containsExactly("c2");
      assertThat(recovery.callsSinceCheckpoint()).hasSize(1);
    }
  }

  @Test
  void a_call_that_is_made_again_with_its_id_begins_anew() {
    ToolCallJournal journal = live.journal("eva", "s1");
    journal.call("c1", "think", "{}", () -> "first");
    open(journal, "c1");

    try (Recovery recovery = journal.recover(PATIENCE)) {
      assertThat(recovery.openCalls())
          .singleElement()
          .satisfies(call -> assertThat(call.result()).isNull());
      journal.call("c1", "think", "{}", () -> "second");
    }
    try (Recovery recovery = journal.recover(PATIENCE)) {
      assertThat(recovery.callsSinceCheckpoint())
          .singleElement()
          .satisfies(call -> assertThat(call.result()).isEqualTo("second"));
    }
  }

  @Test
  void while_the_view_is_behind_there_is_no_answer_but_which_view_it_is() {
    ToolCallJournal journal = live.journal("ida", "s1");
    journal.call("c1", "think", "{}", () -> "r");
    journal.recover(PATIENCE).close();
    live.pause();
    try {
      open(journal, "c2");
      assertThatThrownBy(() -> journal.recover(Duration.ofSeconds(2)))
          .isInstanceOf(NotVisibleException.class)
          .hasMessageContaining("the view relational");
    } finally {
      live.resume();
    }
    try (Recovery recovery = journal.recover(PATIENCE)) {
      assertThat(recovery.openCalls()).extracting(ToolCall::id).containsExactly("c2");
    }
  }

  @Test
  void a_database_that_is_not_the_one_of_the_view_is_told() {
    ToolCallJournal here = live.journal("uma", "s1");
    here.call("c1", "think", "{}", () -> "r");
    here.recover(PATIENCE).close();
    PGSimpleDataSource elsewhere = (PGSimpleDataSource) Servers.postgres(live.environment());
    elsewhere.setDatabaseName("template1");
    ToolCallJournal journal =
        ToolCallJournal.of(live.log, elsewhere, new AgentSession("acme", "uma", "booker", "s1"));

    assertThatThrownBy(() -> journal.recover(Duration.ofSeconds(2)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("in the DataSource's schema " + live.names.name() + "_driftless")
        .hasMessageContaining("there is no such view");
  }

  @Test
  void a_record_that_the_view_set_aside_at_the_end_of_the_log_holds_nothing_up() throws Exception {
    ToolCallJournal journal = live.journal("ute", "s1");
    journal.call("c1", "think", "{}", () -> "r");
    try (KafkaProducer<byte[], byte[]> other =
        new KafkaProducer<>(
            Map.copyOf(live.kafka()), new ByteArraySerializer(), new ByteArraySerializer())) {
      byte[] key = new SubjectKey("acme", "ute").bytes();
      other.send(new ProducerRecord<>(live.names.log(), key, new byte[] {1, 2, 3})).get();
    }
    try (Recovery recovery = journal.recover(PATIENCE)) {
      assertThat(recovery.callsSinceCheckpoint()).extracting(ToolCall::id).containsExactly("c1");
    }
  }

  @Test
  void a_view_whose_tables_are_not_where_it_said_it_was_gives_no_answer() {
    ToolCallJournal journal = live.journal("ada", "s1");
    journal.call("c1", "think", "{}", () -> "r");
    journal.recover(PATIENCE).close();
    live.pause();
    try {
      assertThat(live.query("UPDATE <schema>.view_positions SET position = 1 RETURNING position"))
          .containsExactly("1");
      assertThatThrownBy(() -> journal.recover(Duration.ofSeconds(2)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("it is at 1 of topic id " + live.log.topic().topicId());
    } finally {
      live.resume();
    }
    try (Recovery recovery = journal.recover(PATIENCE)) {
      assertThat(recovery.callsSinceCheckpoint()).extracting(ToolCall::id).containsExactly("c1");
    }
  }

  @Test
  void one_recovers_a_session_at_a_time_and_others_are_refused_at_once() {
    try (Recovery first = live.journal("zoe", "s1").recover(PATIENCE)) {
      assertThatThrownBy(() -> live.journal("zoe", "s1").recover(PATIENCE))
          .isInstanceOf(SessionLockException.class)
          .hasMessageContaining("session s1 of subject zoe is being recovered already");
      live.journal("zoe", "s2").recover(PATIENCE).close();
      live.journal("zoe2", "s1").recover(PATIENCE).close();
      first.check();
    }
    live.journal("zoe", "s1").recover(PATIENCE).close();
  }

  @Test
  void a_recovery_that_is_refused_an_answer_lets_others_try() {
    ToolCallJournal journal = live.journal("pia", "s1");
    live.pause();
    try {
      open(journal, "c1");
      assertThatThrownBy(() -> journal.recover(Duration.ofSeconds(2)))
          .isNotInstanceOf(SessionLockException.class);
    } finally {
      live.resume();
    }
    live.journal("pia", "s1").recover(PATIENCE).close();
  }

  @Test
  void a_lock_that_is_lost_between_two_calls_keeps_the_second_from_running() {
    ToolCallJournal journal = live.journal("kim", "s1");
    List<String> ran = new ArrayList<>();
    try (Recovery recovery = journal.recover(PATIENCE)) {
      journal.call(
          "c1",
          "think",
          "{}",
          () -> {
            ran.add("c1");
            endLocks();
            return "r";
          });
      try (Recovery other = live.journal("kim", "s1").recover(PATIENCE)) {
        assertThatThrownBy(
                () ->
                    journal.call(
                        "c2",
                        "think",
                        "{}",
                        () -> {
                          ran.add("c2");
                          return "r";
                        }))
            .isInstanceOf(SessionLockException.class)
            .hasMessageContaining("the connection that held its lock is gone");
        assertThatThrownBy(recovery::check).isInstanceOf(SessionLockException.class);
        other.check();
        assertThat(other.callsSinceCheckpoint()).extracting(ToolCall::id).containsExactly("c1");
      }
    }
    assertThat(ran).containsExactly("c1");
  }

  @Test
  void a_lock_that_is_gone_from_a_connection_that_lives_is_noticed() throws Exception {
    List<Connection> opened = new ArrayList<>();
    PGSimpleDataSource watched =
        new PGSimpleDataSource() {
          @Override
          public Connection getConnection() throws SQLException {
            Connection connection = super.getConnection();
            opened.add(connection);
            return connection;
          }
        };
    PGSimpleDataSource servers = (PGSimpleDataSource) live.postgres;
    watched.setUrl(servers.getUrl());
    watched.setUser(servers.getUser());
    watched.setPassword(servers.getPassword());
    ToolCallJournal journal =
        ToolCallJournal.of(live.log, watched, new AgentSession("acme", "eli", "booker", "s1"));

    try (Recovery recovery = journal.recover(PATIENCE)) {
      recovery.check();
      try (Statement statement = opened.get(0).createStatement()) {
        statement.execute("SELECT pg_advisory_unlock_all()");
      }
      assertThatThrownBy(recovery::check).isInstanceOf(SessionLockException.class);
    }
  }

  @Test
  void two_recoveries_that_a_pooler_gives_one_server_process_are_not_both_admitted()
      throws Exception {
    try (Connection one = live.postgres.getConnection()) {
      Connection kept =
          (Connection)
              Proxy.newProxyInstance(
                  Connection.class.getClassLoader(),
                  new Class<?>[] {Connection.class},
                  (proxy, method, arguments) ->
                      method.getName().equals("close") ? null : method.invoke(one, arguments));
      PGSimpleDataSource pooler =
          new PGSimpleDataSource() {
            @Override
            public Connection getConnection() {
              return kept;
            }
          };
      AgentSession session = new AgentSession("acme", "pol", "booker", "s1");

      try (Recovery first = ToolCallJournal.of(live.log, pooler, session).recover(PATIENCE)) {
        assertThatThrownBy(() -> ToolCallJournal.of(live.log, pooler, session).recover(PATIENCE))
            .isInstanceOf(SessionLockException.class)
            .hasMessageContaining("is being recovered already");
        first.check();
      }
      ToolCallJournal.of(live.log, pooler, session).recover(PATIENCE).close();
    }
  }

  @Test
  void a_pool_gets_its_connections_back_without_the_lock_and_as_they_were() {
    HikariConfig config = new HikariConfig();
    config.setDataSource(live.postgres);
    config.setMaximumPoolSize(2);
    config.setAutoCommit(false);
    try (HikariDataSource pool = new HikariDataSource(config)) {
      ToolCallJournal journal =
          ToolCallJournal.of(live.log, pool, new AgentSession("acme", "ella", "booker", "s1"));
      for (int i = 0; i < 3; i++) {
        try (Recovery recovery = journal.recover(PATIENCE)) {
          assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isEqualTo(1);
          journal.call("think", "{}", () -> "r");
          recovery.check();
          assertThat(
                  live.query(
                      """
                      SELECT count(*) FROM pg_stat_activity
                      WHERE state = 'idle in transaction' AND query LIKE '%advisory%'
                      """))
              .as("a transaction as long as the recovery would hold up VACUUM")
              .containsExactly("0");
        }
        assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
        live.journal("ella", "s1").recover(PATIENCE).close();
      }
    }
  }

  /** The server ends every connection that holds an advisory lock of a session. */
  private static void endLocks() {
    assertThat(
            live.query(
                """
                SELECT pg_terminate_backend(pid, 10000) FROM pg_locks
                WHERE locktype = 'advisory' AND objsubid = 1 AND pid <> pg_backend_pid()
                """))
        .containsExactly("t");
  }

  private static void open(ToolCallJournal journal, String id) {
    assertThatThrownBy(
            () ->
                journal.call(
                    id,
                    "book_reservation",
                    "{}",
                    () -> {
                      throw new UnknownOutcomeException("no answer", new IOException());
                    }))
        .isInstanceOf(UnknownOutcomeException.class);
  }
}
