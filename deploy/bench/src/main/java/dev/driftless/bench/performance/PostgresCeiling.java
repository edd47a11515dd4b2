package dev.driftless.bench.performance;

import dev.driftless.projectors.postgres.PostgresConfig;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What PostgreSQL takes in at most: the rows that a view holds, ready in memory, upserted into
 * empty tables of the same layout by JDBC, one {@code unnest} for each table and batch, one
 * transaction a batch.
 */
final class PostgresCeiling {

  private static final String COPY = "ceiling";

  private final PostgresConfig config;
  private final List<ReadyTable> tables;
  private final long events;
  private final int batches;

  private PostgresCeiling(PostgresConfig config, List<ReadyTable> tables, long events, int batch) {
    this.config = config;
    this.tables = tables;
    this.events = events;
    this.batches = (int) ((events + batch - 1) / batch);
  }

  /**
   * @param name of a column
   * @param type in PostgreSQL, for example {@code int8}
   */
  private record Column(String name, String type) {

    boolean isArray() {
      return type.startsWith("_");
    }
  }

  /** The rows of a table, column by column. */
  private record ReadyTable(
      String schema, String name, List<Column> columns, List<String> key, List<Object[]> cells) {

    int rows() {
      return cells.get(0).length;
    }

    String upsert() {
      String names = columns.stream().map(Column::name).collect(Collectors.joining(", "));
      String values =
          columns.stream()
              .map(c -> c.isArray() ? "CAST(%s AS text[])".formatted(c.name) : c.name)
              .collect(Collectors.joining(", "));
      String arrays =
          columns.stream()
              .map(c -> "CAST(? AS %s[])".formatted(c.isArray() ? "text" : c.type))
              .collect(Collectors.joining(", "));
      String set =
          columns.stream()
              .map(Column::name)
              .filter(column -> !key.contains(column))
              .map(column -> "%1$s = EXCLUDED.%1$s".formatted(column))
              .collect(Collectors.joining(", "));
      return "INSERT INTO %s.%s (%s) SELECT %s FROM unnest(%s) AS r(%s) ON CONFLICT (%s) DO UPDATE SET %s"
          .formatted(COPY, name, names, values, arrays, names, String.join(", ", key), set);
    }
  }

  /**
   * Reads what the view holds.
   *
   * @param schema of the view
   * @param events that it was made of
   * @param batch how many events are one transaction
   */
  static PostgresCeiling of(PostgresConfig config, String schema, long events, int batch)
      throws SQLException {
    try (Connection connection = connect(config)) {
      List<ReadyTable> tables = new ArrayList<>();
      for (String table : tables(connection, schema)) {
        ReadyTable ready = read(connection, schema, table);
        if (ready.rows() > 0) {
          tables.add(ready);
        }
      }
      return new PostgresCeiling(config, tables, events, batch);
    }
  }

  /** Writes all of it once; answers how many events a second that were. */
  double eventsPerSecond() throws SQLException {
    try (Connection connection = connect(config)) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("DROP SCHEMA IF EXISTS %1$s CASCADE; CREATE SCHEMA %1$s".formatted(COPY));
        for (ReadyTable table : tables) {
          statement.execute(
              "CREATE TABLE %s.%s (LIKE %s.%s INCLUDING ALL)"
                  .formatted(COPY, table.name, table.schema, table.name));
        }
      }
      connection.setAutoCommit(false);
      long began = System.nanoTime();
      for (int batch = 0; batch < batches; batch++) {
        for (ReadyTable table : tables) {
          write(connection, table, batch);
        }
        connection.commit();
      }
      return events / ((System.nanoTime() - began) / 1e9);
    }
  }

  /** The share of the table's rows that a batch has. */
  private void write(Connection connection, ReadyTable table, int batch) throws SQLException {
    int from = (int) ((long) table.rows() * batch / batches);
    int to = (int) ((long) table.rows() * (batch + 1) / batches);
    try (PreparedStatement upsert = connection.prepareStatement(table.upsert())) {
      for (int c = 0; c < table.columns.size(); c++) {
        Column column = table.columns.get(c);
        Object[] part = java.util.Arrays.copyOfRange(table.cells.get(c), from, to);
        Array array = connection.createArrayOf(column.isArray() ? "text" : wire(column.type), part);
        upsert.setArray(c + 1, array);
      }
      upsert.executeUpdate();
    }
  }

  private static String wire(String type) {
    return switch (type) {
      case "timestamptz", "jsonb" -> "text";
      default -> type;
    };
  }

  private static Connection connect(PostgresConfig config) throws SQLException {
    return DriverManager.getConnection(config.url(), config.user(), config.password());
  }

  private static List<String> tables(Connection connection, String schema) throws SQLException {
    return strings(
        connection,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = '%s' AND table_type = 'BASE TABLE' ORDER BY 1"
            .formatted(schema));
  }

  private static ReadyTable read(Connection connection, String schema, String table)
      throws SQLException {
    List<Column> columns = columns(connection, schema, table);
    List<String> key =
        strings(
            connection,
            """
            SELECT a.attname FROM pg_index i
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
            WHERE i.indisprimary AND i.indrelid = '%s.%s'::regclass
            """
                .formatted(schema, table));
    String values =
        columns.stream()
            .map(c -> wire(c.type).equals(c.type) && !c.isArray() ? c.name : c.name + "::text")
            .collect(Collectors.joining(", "));
    List<Object[]> rows = new ArrayList<>();
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(2_000);
      try (ResultSet found =
          statement.executeQuery("SELECT %s FROM %s.%s".formatted(values, schema, table))) {
        while (found.next()) {
          Object[] row = new Object[columns.size()];
          for (int c = 0; c < row.length; c++) {
            row[c] = found.getObject(c + 1);
          }
          rows.add(row);
        }
      }
    }
    connection.setAutoCommit(true);
    List<Object[]> cells =
        IntStream.range(0, columns.size())
            .mapToObj(c -> cells(rows, c, columns.get(c).type))
            .toList();
    return new ReadyTable(schema, table, columns, key, cells);
  }

  private static Object[] cells(List<Object[]> rows, int column, String type) {
    return type.equals("bytea")
        ? rows.stream().map(row -> (byte[]) row[column]).toArray(byte[][]::new)
        : rows.stream().map(row -> row[column]).toArray();
  }

  private static List<Column> columns(Connection connection, String schema, String table)
      throws SQLException {
    return strings(
            connection,
            "SELECT column_name || ' ' || udt_name FROM information_schema.columns WHERE table_schema = '%s' AND table_name = '%s' AND is_generated = 'NEVER' ORDER BY ordinal_position"
                .formatted(schema, table))
        .stream()
        .map(column -> column.split(" "))
        .map(parts -> new Column(parts[0], parts[1]))
        .toList();
  }

  private static List<String> strings(Connection connection, String sql) throws SQLException {
    List<String> found = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        found.add(rows.getString(1));
      }
    }
    return found;
  }
}
