package dev.driftless.projectors.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.Position;
import dev.driftless.projectors.relational.RelationalProjector;
import dev.driftless.schemas.Names;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiConsumer;
import org.assertj.core.util.Throwables;
import org.awaitility.Awaitility;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** What becomes of a writer that stands still in the middle of a transaction. */
final class StandstillIT {

  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final PostgresConfig server = PostgresFixture.server();
  private final PostgresConfig config =
      new PostgresConfig(server.url(), server.user(), server.password(), 3, PATIENCE, PATIENCE);
  private final ViewSchema schema =
      new ViewSchema(
          RelationalProjector.VIEW,
          "standstill_" + UUID.randomUUID().toString().substring(0, 8),
          RelationalProjector.class,
          "relational.sql");

  @Test
  void who_takes_the_partition_over_does_not_wait_for_a_writer_that_stands_still()
      throws Exception {
    assertTakenOverFrom(
        (handle, standStill) -> {
          standStill.run();
          handle.execute("SELECT 1");
        });
  }

  /** The server waits for the rest of a statement, and counts no time. */
  @Test
  void who_takes_the_partition_over_ends_a_writer_that_stands_still_in_a_statement()
      throws Exception {
    assertTakenOverFrom(StandstillIT::sendInPart);
  }

  @Test
  void a_reader_that_stands_still_in_a_statement_is_left_alone() throws Exception {
    try (PostgresStore store = store()) {
      store.acquire(0);
      store
          .jdbi()
          .useTransaction(
              reader -> {
                reader.execute("SELECT * FROM view_positions");
                reader.execute("CREATE TEMP TABLE copies (text text) ON COMMIT DROP");
                CopyIn copy = copyIn(reader, "copies");
                assertTakenOverFrom(StandstillIT::sendInPart);
                assertThat(copy.endCopy()).isZero();
              });
    }
  }

  /**
   * @param work of a transaction; stands still in the runnable until another writer took over
   */
  private void assertTakenOverFrom(BiConsumer<Handle, Runnable> work) throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    try (PostgresStore still = store();
        PostgresStore next = store()) {
      Batch batch = batch(still.acquire(0));
      CountDownLatch inside = new CountDownLatch(1);
      Runnable standStill =
          () -> {
            inside.countDown();
            await(goOn);
          };
      CompletableFuture<Void> standing =
          CompletableFuture.runAsync(
              () -> still.apply(List.of(batch), handle -> work.accept(handle, standStill)));
      await(inside);

      Awaitility.await("the partition is taken over while the other stands still")
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptionsMatching(e -> PostgresStore.isTransient((Exception) e))
          .until(() -> next.acquire(0).epoch() > batch.epoch());
      goOn.countDown();

      assertThatThrownBy(standing::join).isNotNull();
      assertThat(next.stored(0).position()).as("nothing was written").isNull();
    } finally {
      goOn.countDown();
    }
  }

  @Test
  void an_answer_is_waited_for_as_long_as_was_said() {
    try (PostgresStore store = store()) {
      assertThatThrownBy(() -> store.jdbi().useHandle(h -> h.execute("SELECT pg_sleep(60)")))
          .hasRootCauseInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void what_the_server_tells_of_a_row_is_in_no_message() {
    try (PostgresStore store = store()) {
      assertThatThrownBy(
              () ->
                  store
                      .jdbi()
                      .useHandle(
                          handle -> {
                            handle.execute("CREATE TEMP TABLE secrets (text text UNIQUE)");
                            handle.execute("INSERT INTO secrets VALUES ('hush'), ('hush')");
                          }))
          .hasStackTraceContaining("duplicate key")
          .satisfies(e -> assertThat(Throwables.getStackTrace(e)).doesNotContain("hush"));
    }
  }

  /** The driver does not let go of a connection in this state, so it is cut off in the end. */
  private static void sendInPart(Handle handle, Runnable meanwhile) {
    try {
      var unused = copyIn(handle, "memories");
      meanwhile.run();
      handle.getConnection().unwrap(Connection.class).abort(Runnable::run);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static CopyIn copyIn(Handle handle, String table) throws SQLException {
    return handle
        .getConnection()
        .unwrap(PGConnection.class)
        .getCopyAPI()
        .copyIn("COPY %s FROM STDIN".formatted(table));
  }

  private PostgresStore store() {
    return new PostgresStore(config, schema, Names.DEFAULT);
  }

  private static Batch batch(Fence fence) {
    Position to = new Position("topic", 5, Instant.EPOCH);
    return new Batch(0, fence.epoch(), fence.offset(), to, List.of());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
