package dev.driftless.bench.performance;

import dev.driftless.projectors.postgres.PostgresConfig;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Has PostgreSQL remember each row that is written to the tables of a schema which have a primary
 * key, and in which transaction. Deletions are not remembered.
 */
final class PostgresRecording {

  private static final String NUMBER = "recording_number";
  private static final String TRANSACTION = "recording_transaction";

  private final PostgresConfig config;
  private final String schema;
  private final List<Table> tables;

  private PostgresRecording(PostgresConfig config, String schema, List<Table> tables) {
    this.config = config;
    this.schema = schema;
    this.tables = tables;
  }

  /**
   * @param type in PostgreSQL, for example {@code int8}
   */
  record Column(String name, String type) {

    boolean isArray() {
      return type.startsWith("_");
    }

    /** As JDBC can send an array of it. */
    String wire() {
      return switch (type) {
        case "timestamptz", "jsonb" -> "text";
        default -> isArray() ? "text" : type;
      };
    }
  }

  /**
   * @param key the columns of its primary key
   */
  record Table(String name, List<Column> columns, List<String> key) {}

  /** From now on. The tables must be there. */
  static PostgresRecording start(PostgresConfig config, String schema) throws SQLException {
    try (Connection connection = connect(config);
        Statement statement = connection.createStatement()) {
      List<Table> tables = new ArrayList<>();
      for (String name :
          strings(
              connection,
              "SELECT table_name FROM information_schema.tables WHERE table_schema = '%s' AND table_type = 'BASE TABLE' ORDER BY 1"
                  .formatted(schema))) {
        List<String> key = key(connection, schema, name);
        if (!key.isEmpty()) {
          tables.add(new Table(name, columns(connection, schema, name), key));
        }
      }
      PostgresRecording recording = new PostgresRecording(config, schema, tables);
      statement.execute("CREATE SCHEMA " + recording.recorded());
      for (Table table : tables) {
        String recorded = recording.recorded() + "." + table.name;
        statement.execute(
            """
            CREATE TABLE %1$s (LIKE %2$s.%3$s);
            ALTER TABLE %1$s ADD %4$s bigserial, ADD %5$s xid8 DEFAULT pg_current_xact_id();
            CREATE FUNCTION %1$s_recorded() RETURNS trigger LANGUAGE plpgsql AS
              'BEGIN INSERT INTO %1$s SELECT NEW.*; RETURN NULL; END';
            CREATE TRIGGER recorded AFTER INSERT OR UPDATE ON %2$s.%3$s
              FOR EACH ROW EXECUTE FUNCTION %1$s_recorded()
            """
                .formatted(recorded, schema, table.name, NUMBER, TRANSACTION));
      }
      return recording;
    }
  }

  /** Forgets what was written. */
  void end() throws SQLException {
    try (Connection connection = connect(config);
        Statement statement = connection.createStatement()) {
      statement.execute("DROP SCHEMA %s CASCADE".formatted(recorded()));
    }
  }

  PostgresConfig config() {
    return config;
  }

  String schema() {
    return schema;
  }

  List<Table> tables() {
    return tables;
  }

  /**
   * What was written: in the order of the transactions, by table the rows as each transaction left
   * them, with a value for each column.
   */
  List<Map<Table, List<Object[]>>> transactions() throws SQLException {
    Map<String, Map<Table, List<Object[]>>> transactions = new LinkedHashMap<>();
    try (Connection connection = connect(config)) {
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.setFetchSize(2_000);
        for (Table table : tables) {
          try (ResultSet rows = statement.executeQuery(select(table))) {
            while (rows.next()) {
              Object[] row = new Object[table.columns.size()];
              for (int c = 0; c < row.length; c++) {
                row[c] = rows.getObject(c + 2);
              }
              transactions
                  .computeIfAbsent(rows.getString(1), t -> new LinkedHashMap<>())
                  .computeIfAbsent(table, t -> new ArrayList<>())
                  .add(row);
            }
          }
        }
      }
    }
    return transactions.entrySet().stream()
        .sorted(Comparator.comparingLong(transaction -> Long.parseLong(transaction.getKey())))
        .map(Map.Entry::getValue)
        .toList();
  }

  private String select(Table table) {
    String values =
        table.columns.stream()
            .map(c -> c.wire().equals(c.type) ? c.name : c.name + "::text")
            .collect(Collectors.joining(", "));
    return "SELECT DISTINCT ON (%1$s, %2$s) %1$s::text, %3$s FROM %4$s.%5$s ORDER BY %1$s, %2$s, %6$s DESC"
        .formatted(
            TRANSACTION, String.join(", ", table.key), values, recorded(), table.name, NUMBER);
  }

  private String recorded() {
    return schema + "_recorded";
  }

  static Connection connect(PostgresConfig config) throws SQLException {
    return DriverManager.getConnection(config.url(), config.user(), config.password());
  }

  private static List<String> key(Connection connection, String schema, String table)
      throws SQLException {
    return strings(
        connection,
        """
        SELECT a.attname FROM pg_index i
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
        WHERE i.indisprimary AND i.indrelid = '%s.%s'::regclass
        """
            .formatted(schema, table));
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
