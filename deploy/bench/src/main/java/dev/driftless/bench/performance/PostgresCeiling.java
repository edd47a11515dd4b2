package dev.driftless.bench.performance;

import dev.driftless.bench.SideBySide;
import dev.driftless.bench.performance.PostgresRecording.Column;
import dev.driftless.bench.performance.PostgresRecording.Table;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What PostgreSQL takes in at most: the rows that a view wrote, ready in memory, upserted into
 * empty tables of the same layout by JDBC, one {@code unnest} for each table in each of the view's
 * transactions.
 */
final class PostgresCeiling {

  private static final String COPY = "ceiling";

  private final PostgresRecording recording;
  private final List<List<Upsert>> transactions;

  /** Of all, those that come first, one after the other, and then by connection. */
  private final List<List<Upsert>> first;

  private final List<List<List<Upsert>>> connections;
  private final long events;

  private PostgresCeiling(
      PostgresRecording recording,
      List<List<Upsert>> transactions,
      List<List<Upsert>> first,
      List<List<List<Upsert>>> connections,
      long events) {
    this.recording = recording;
    this.transactions = transactions;
    this.first = first;
    this.connections = connections;
    this.events = events;
  }

  /** The rows of one table in one transaction, column by column. */
  private record Upsert(Table table, List<Object[]> cells) {

    /** Of the log, whose positions these rows are; none if they are something else. */
    Stream<Object> partitions() {
      return table.name().equals("view_positions") ? Arrays.stream(cells.get(0)) : Stream.of();
    }

    static Upsert of(Table table, List<Object[]> rows) {
      return new Upsert(
          table,
          IntStream.range(0, table.columns().size())
              .mapToObj(c -> cells(rows, c, table.columns().get(c).type()))
              .toList());
    }

    private static Object[] cells(List<Object[]> rows, int column, String type) {
      return type.equals("bytea")
          ? rows.stream().map(row -> (byte[]) row[column]).toArray(byte[][]::new)
          : rows.stream().map(row -> row[column]).toArray();
    }
  }

  /**
   * @param events that the view made its rows of
   */
  static PostgresCeiling of(PostgresRecording recording, long events) throws SQLException {
    List<List<Upsert>> transactions = new ArrayList<>();
    for (Map<Table, List<Object[]>> written : recording.transactions()) {
      transactions.add(
          written.entrySet().stream().map(t -> Upsert.of(t.getKey(), t.getValue())).toList());
    }
    // in the end, each thread of the view has partitions of its own; in the beginning one had all
    List<Set<Object>> threads = new ArrayList<>();
    for (List<Upsert> transaction :
        transactions.subList(transactions.size() / 2, transactions.size())) {
      join(threads, partitions(transaction));
    }
    List<List<Upsert>> first = new ArrayList<>();
    List<List<List<Upsert>>> connections = new ArrayList<>();
    threads.forEach(thread -> connections.add(new ArrayList<>()));
    for (List<Upsert> transaction : transactions) {
      Set<Object> partitions = partitions(transaction);
      int thread =
          IntStream.range(0, threads.size())
              .filter(t -> threads.get(t).containsAll(partitions))
              .findFirst()
              .orElse(-1);
      (thread < 0 ? first : connections.get(thread)).add(transaction);
    }
    return new PostgresCeiling(recording, transactions, first, connections, events);
  }

  private static Set<Object> partitions(List<Upsert> transaction) {
    return transaction.stream().flatMap(Upsert::partitions).collect(Collectors.toSet());
  }

  /** Makes one of all sets that share an element with this one. */
  private static void join(List<Set<Object>> sets, Set<Object> more) {
    Set<Object> joined = new HashSet<>(more);
    sets.removeIf(
        set -> {
          boolean shared = !Collections.disjoint(set, joined);
          if (shared) {
            joined.addAll(set);
          }
          return shared;
        });
    sets.add(joined);
  }

  @FunctionalInterface
  private interface Writing {
    void run() throws Exception;
  }

  /** Writes all of it once by one connection; answers how many events a second that were. */
  double eventsPerSecond() throws Exception {
    return eventsPerSecond(() -> write(transactions));
  }

  /** The same by as many connections at once as the view had threads. */
  double eventsPerSecondOfSeveral() throws Exception {
    return eventsPerSecond(
        () -> {
          write(first);
          var unused =
              SideBySide.run(
                  connections.size(),
                  i ->
                      () -> {
                        write(connections.get(i));
                        return List.of();
                      });
        });
  }

  private double eventsPerSecond(Writing writing) throws Exception {
    try (Connection connection = PostgresRecording.connect(recording.config())) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("DROP SCHEMA IF EXISTS %1$s CASCADE; CREATE SCHEMA %1$s".formatted(COPY));
        for (Table table : recording.tables()) {
          statement.execute(
              "CREATE TABLE %s.%s (LIKE %s.%s INCLUDING ALL)"
                  .formatted(COPY, table.name(), recording.schema(), table.name()));
        }
      }
    }
    long began = System.nanoTime();
    writing.run();
    return events / ((System.nanoTime() - began) / 1e9);
  }

  private void write(List<List<Upsert>> transactions) throws SQLException {
    try (Connection connection = PostgresRecording.connect(recording.config())) {
      connection.setAutoCommit(false);
      for (List<Upsert> transaction : transactions) {
        for (Upsert upsert : transaction) {
          write(connection, upsert);
        }
        connection.commit();
      }
    }
  }

  private static void write(Connection connection, Upsert upsert) throws SQLException {
    List<Column> columns = upsert.table.columns();
    try (PreparedStatement statement = connection.prepareStatement(sql(upsert.table))) {
      for (int c = 0; c < columns.size(); c++) {
        Array array = connection.createArrayOf(columns.get(c).wire(), upsert.cells.get(c));
        statement.setArray(c + 1, array);
      }
      statement.executeUpdate();
    }
  }

  private static String sql(Table table) {
    List<Column> columns = table.columns();
    String names = columns.stream().map(Column::name).collect(Collectors.joining(", "));
    String values =
        columns.stream()
            .map(c -> c.isArray() ? "CAST(%s AS text[])".formatted(c.name()) : c.name())
            .collect(Collectors.joining(", "));
    String arrays =
        columns.stream()
            .map(c -> "CAST(? AS %s[])".formatted(c.isArray() ? "text" : c.type()))
            .collect(Collectors.joining(", "));
    String set =
        columns.stream()
            .map(Column::name)
            .filter(column -> !table.key().contains(column))
            .map(column -> "%1$s = EXCLUDED.%1$s".formatted(column))
            .collect(Collectors.joining(", "));
    return "INSERT INTO %s.%s (%s) SELECT %s FROM unnest(%s) AS r(%s) ON CONFLICT (%s) DO UPDATE SET %s"
        .formatted(
            COPY, table.name(), names, values, arrays, names, String.join(", ", table.key()), set);
  }
}
