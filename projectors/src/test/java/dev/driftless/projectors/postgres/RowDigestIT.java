package dev.driftless.projectors.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class RowDigestIT {

  private static final String[] COLUMNS = {
    "a text",
    "b int4",
    "c int8",
    "d float8",
    "e bool",
    "f timestamptz",
    "g bytea",
    "h text[]",
    "i jsonb"
  };

  private static final String NASTY =
      "\"quotes\" back\\slash \b\f\n\r\t \u0001\u001f\u007f \u2028 ünï </x> {} emoji 🦜 \ufffd\uffff";

  @Test
  void postgresql_and_java_compute_the_same() {
    Rows rows = rows();
    rows.add("plain", 1, 2L, 0.1, true, Instant.EPOCH, new byte[] {0, -1}, List.of("x"), Map.of());
    rows.add(null, null, null, null, null, null, null, null, null);
    rows.add(
        "",
        0,
        0L,
        -0.0,
        false,
        Instant.parse("0001-01-01T00:00:00Z"),
        new byte[0],
        List.of(),
        Map.of());
    rows.add(
        NASTY,
        Integer.MIN_VALUE,
        Long.MAX_VALUE,
        Double.NaN,
        false,
        Instant.parse("+294276-12-31T23:59:59.999999Z"),
        NASTY.getBytes(UTF_8),
        List.of(NASTY, "", "NULL", "null", "a,b", "{}", "{", " "),
        Map.of(
            NASTY,
            NASTY,
            "",
            "empty key",
            "🦜",
            "four bytes",
            "ab",
            "two",
            "é",
            "two too",
            "\uffff",
            "three",
            "b",
            "one",
            "B",
            "ONE",
            "zzzz",
            "four"));
    rows.add(
        "1969",
        7,
        -7L,
        Double.MIN_VALUE,
        true,
        Instant.parse("1969-12-31T23:59:59.999999Z"),
        new byte[] {1},
        List.of("\\"),
        Map.of("\\\"", "\\\""));
    assertThat(new HashSet<>(RowDigest.of("things", rows))).hasSize(rows.size());
    assertThat(stored(rows, "things")).isEqualTo(RowDigest.of("things", rows));
  }

  @Test
  void each_column_and_the_name_of_the_table_make_a_difference() {
    @Nullable Object[] values = {
      "a", 1, 1L, 1.0, true, Instant.EPOCH, new byte[] {1}, List.of("a"), Map.of("a", "b")
    };
    @Nullable Object[] others = {
      "b",
      2,
      2L,
      Math.nextUp(1.0),
      false,
      Instant.EPOCH.plusNanos(1_000),
      new byte[] {2},
      List.of("a", ""),
      Map.of("a", "c")
    };
    Rows rows = rows();
    rows.add(values);
    for (int c = 0; c < values.length; c++) {
      @Nullable Object[] other = values.clone();
      other[c] = others[c];
      rows.add(other);
      other = values.clone();
      other[c] = null;
      rows.add(other);
    }
    List<Long> digests = new ArrayList<>(RowDigest.of("things", rows));
    digests.addAll(RowDigest.of("thing", rows));
    assertThat(digests).doesNotHaveDuplicates();
  }

  @Test
  void what_no_projector_writes_has_a_digest_too() {
    List<Long> digests =
        jdbi()
            .withHandle(
                handle ->
                    handle
                        .select(
                            """
                            SELECT %s FROM (VALUES
                              (CAST('infinity' AS timestamptz), CAST('{a}' AS text[])), ('-infinity', '{a}'),
                              ('epoch', '{a}'), ('4714-11-24 00:00:00+00 BC', '{a}'), ('294276-12-31 23:59:59+00', '{a}'),
                              ('epoch', '[2:2]={a}'), ('epoch', '{{a}}'), ('epoch', '{NULL}'), ('epoch', '{"NULL"}')
                            ) AS t(f, h)
                            """
                                .formatted(
                                    RowDigest.sql(
                                        "things", Rows.of("f timestamptz", "h text[]"), "t")))
                        .mapTo(Long.class)
                        .list());
    assertThat(digests).hasSize(9).doesNotHaveDuplicates();
  }

  private static Rows rows() {
    return Rows.of(COLUMNS);
  }

  private static List<Long> stored(Rows rows, String table) {
    return jdbi()
        .withHandle(
            handle -> {
              create(handle);
              rows.execute(handle, "INSERT INTO things SELECT * FROM <rows>");
              return handle
                  .select(
                      "SELECT "
                          + RowDigest.sql(table, rows(), "t")
                          + " FROM things t ORDER BY ctid")
                  .mapTo(Long.class)
                  .list();
            });
  }

  private static void create(Handle handle) {
    handle.execute("SET timezone TO 'Asia/Kolkata'");
    handle.execute(
        "CREATE TEMPORARY TABLE things (" + String.join(", ", Arrays.asList(COLUMNS)) + ")");
  }

  private static Jdbi jdbi() {
    PostgresConfig server = PostgresFixture.server();
    return Jdbi.create(server.url(), server.user(), server.password());
  }
}
