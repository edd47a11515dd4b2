package dev.driftless.projectors.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.schemas.Names;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Projectors of one view that begin at once, each with connections of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ViewSchemaIT {

  private static final int MANY = 6;

  private final Names names =
      new Names("t" + UUID.randomUUID().toString().substring(0, 13).replace("-", ""));
  private final PostgresConfig server = PostgresFixture.server();
  private final PostgresConfig small =
      new PostgresConfig(
          server.url(),
          server.user(),
          server.password(),
          1,
          server.connectTimeout(),
          server.socketTimeout());
  private final Jdbi admin = Jdbi.create(server.url(), server.user(), server.password());
  private final ExecutorService threads = Executors.newFixedThreadPool(MANY);

  @BeforeAll
  @AfterAll
  void drop() {
    ViewSchemaTest.schemas()
        .forEach(
            schema ->
                admin.useHandle(
                    h ->
                        h.execute(
                            "DROP SCHEMA IF EXISTS %s CASCADE".formatted(schema.name(names)))));
  }

  @AfterAll
  void close() {
    var unused = threads.shutdownNow();
  }

  @ParameterizedTest
  @MethodSource("dev.driftless.projectors.postgres.ViewSchemaTest#schemas")
  void one_of_many_makes_the_schema_and_one_of_many_renews_it(ViewSchema schema) {
    acquireAtOnce(schema);
    String made = comment(schema);
    assertThat(made).isEqualTo(schema.layout() + ", generation 1");

    admin.useHandle(
        handle ->
            handle.execute(
                "COMMENT ON SCHEMA %s IS '%s'"
                    .formatted(schema.name(names), made.replaceFirst("layout \\d+", "layout 0"))));
    acquireAtOnce(schema);
    assertThat(comment(schema)).isEqualTo(made);
  }

  private void acquireAtOnce(ViewSchema schema) {
    List<PostgresStore> stores =
        Stream.generate(() -> new PostgresStore(small, schema, names)).limit(MANY).toList();
    CyclicBarrier together = new CyclicBarrier(MANY);
    try {
      List<CompletableFuture<Long>> epochs =
          IntStream.range(0, MANY)
              .mapToObj(
                  i ->
                      CompletableFuture.supplyAsync(
                          () -> acquire(stores.get(i), i, together), threads))
              .toList();
      assertThat(epochs).extracting(CompletableFuture::join).allMatch(epoch -> epoch > 0);
    } finally {
      stores.forEach(PostgresStore::close);
    }
  }

  private static long acquire(PostgresStore store, int partition, CyclicBarrier together) {
    try {
      // connected before, or who connects first has the schema to itself
      store.jdbi().useHandle(handle -> handle.execute("SELECT 1"));
      int unused = together.await(1, TimeUnit.MINUTES);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    return store.acquire(partition).epoch();
  }

  private String comment(ViewSchema schema) {
    return admin.withHandle(handle -> ViewSchema.comment(handle, schema.name(names)));
  }
}
