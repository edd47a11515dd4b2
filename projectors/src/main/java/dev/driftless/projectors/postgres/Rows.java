package dev.driftless.projectors.postgres;

import java.sql.Array;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/**
 * Rows on their way into one statement, as one array a column: one round trip and one plan however
 * many rows there are. In the statement, {@code <rows>} stands for them under the name {@code r}.
 * Not for several threads.
 *
 * <pre>{@code
 * Rows rows = Rows.of("id text", "seen timestamptz");
 * rows.add("a", Instant.EPOCH);
 * rows.execute(handle, "INSERT INTO things SELECT r.id, r.seen FROM <rows>");
 * }</pre>
 */
public final class Rows {

  private static final int FETCHED_AT_ONCE = 2_000;

  private final String[] names;
  private final String[] types;
  private final List<@Nullable Object[]> rows = new ArrayList<>();

  private Rows(String[] names, String[] types) {
    this.names = names;
    this.types = types;
  }

  /** Rows of these columns, each given as name, space, PostgreSQL type. */
  public static Rows of(String... columns) {
    return new Rows(
        Arrays.stream(columns).map(c -> c.substring(0, c.indexOf(' '))).toArray(String[]::new),
        Arrays.stream(columns).map(c -> c.substring(c.indexOf(' ') + 1)).toArray(String[]::new));
  }

  /**
   * Adds a row: strings, numbers, booleans, instants, byte arrays, a list of strings for {@code
   * text[]}, a map of strings for {@code jsonb}, or null, in the order of the columns.
   */
  public void add(@Nullable Object... values) {
    if (values.length != names.length) {
      throw new IllegalArgumentException(
          "expected " + names.length + " values, found " + values.length);
    }
    rows.add(values);
  }

  /** Executes the statement once with all rows; does nothing if there are none. */
  public void execute(Handle handle, String sql) {
    if (rows.isEmpty()) {
      return;
    }
    try (Update update = handle.createUpdate(sql.replace("<rows>", unnest()))) {
      bind(handle, update);
      update.execute();
    }
  }

  /** Asks once with all rows; nothing if there are none. */
  public <T> List<T> query(Handle handle, String sql, RowMapper<T> mapper) {
    List<T> answers = new ArrayList<>();
    each(handle, sql, mapper, answers::add);
    return answers;
  }

  /**
   * Asks once with all rows; nothing if there are none. In a transaction, the answer is never in
   * memory as a whole.
   */
  public <T> void each(Handle handle, String sql, RowMapper<T> mapper, Consumer<T> answer) {
    if (rows.isEmpty()) {
      return;
    }
    try (Query query = handle.createQuery(sql.replace("<rows>", unnest()))) {
      bind(handle, query);
      query.setFetchSize(FETCHED_AT_ONCE).map(mapper).forEach(answer);
    }
  }

  /**
   * Text that PostgreSQL casts to {@code text[]}: an array inside an array of rows has no JDBC form
   * of its own.
   */
  public static String arrayLiteral(List<String> items) {
    return items.stream()
        .map(item -> '"' + item.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
        .collect(Collectors.joining(",", "{", "}"));
  }

  /** No rows, of the same columns. */
  Rows none() {
    return new Rows(names, types);
  }

  /** No rows, of the first ones of the columns. */
  Rows first(int columns) {
    return new Rows(Arrays.copyOf(names, columns), Arrays.copyOf(types, columns));
  }

  /** No rows, of the same columns and then these. */
  Rows and(String... columns) {
    Rows more = of(columns);
    return new Rows(concat(names, more.names), concat(types, more.types));
  }

  private static String[] concat(String[] some, String[] more) {
    return Stream.of(some, more).flatMap(Arrays::stream).toArray(String[]::new);
  }

  List<String> names() {
    return List.of(names);
  }

  /** The place of a column. */
  int column(String name) {
    int column = Arrays.asList(names).indexOf(name);
    if (column < 0) {
      throw new IllegalArgumentException("expected a column " + name);
    }
    return column;
  }

  int size() {
    return rows.size();
  }

  int width() {
    return names.length;
  }

  String name(int column) {
    return names[column];
  }

  String type(int column) {
    return types[column];
  }

  @Nullable Object value(int row, int column) {
    return rows.get(row)[column];
  }

  private void bind(Handle handle, SqlStatement<?> statement) {
    for (int c = 0; c < names.length; c++) {
      Array column = column(handle, c);
      statement.bind(names[c], (Argument) (at, prepared, ctx) -> prepared.setArray(at, column));
    }
  }

  /** An array of arrays cannot be taken apart by rows, so each {@code text[]} travels as text. */
  private String unnest() {
    StringJoiner columns = new StringJoiner(", ", "(SELECT ", " FROM ");
    StringJoiner arrays =
        new StringJoiner(", ", "unnest(", ") AS u(" + String.join(", ", names) + ")) AS r");
    for (int c = 0; c < names.length; c++) {
      boolean array = types[c].endsWith("[]");
      columns.add(array ? "CAST(%1$s AS %2$s) AS %1$s".formatted(names[c], types[c]) : names[c]);
      arrays.add("CAST(:" + names[c] + " AS " + (array ? "text" : types[c]) + "[])");
    }
    return columns.toString() + arrays;
  }

  private Array column(Handle handle, int c) {
    Stream<@Nullable Object> cells = rows.stream().map(row -> wire(row[c]));
    Object[] values = types[c].equals("bytea") ? cells.toArray(byte[][]::new) : cells.toArray();
    String type =
        switch (types[c]) {
          case "timestamptz", "jsonb", "text[]" -> "text";
          default -> types[c];
        };
    try {
      return handle.getConnection().createArrayOf(type, values);
    } catch (SQLException e) {
      throw new UnableToExecuteStatementException("binding " + names[c], e, null);
    }
  }

  private static @Nullable Object wire(@Nullable Object value) {
    if (value instanceof Instant instant) {
      return text(instant);
    } else if (value instanceof List<?> items) {
      return arrayLiteral(items.stream().map(String.class::cast).toList());
    }
    return value instanceof Map<?, ?> entries ? Jsonb.of(entries) : value;
  }

  /** ISO-8601 writes years beyond 9999 with a sign, which PostgreSQL would take for a time zone. */
  private static String text(Instant instant) {
    String iso = instant.toString();
    return iso.startsWith("+") ? iso.substring(1) : iso;
  }
}
