package dev.driftless.bench.faults;

import dev.driftless.projectors.postgres.PostgresConfig;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** A row of its own for each action; see {@link OwnLayout}. */
final class SqlTable implements StoreClient {

  private final PostgresConfig config;
  private final Store store;
  private final String insert;
  private final String delete;
  private @Nullable Connection open;

  SqlTable(PostgresConfig config, Way way, Store store) {
    this.config = config;
    this.store = store;
    String table = OwnLayout.table(way, store);
    this.insert =
        """
        INSERT INTO %s (id, kind, tenant, subject, session, content) VALUES (?, ?, ?, ?, ?, ?) %s
        """
            .formatted(table, way == Way.CAREFUL ? "ON CONFLICT (id) DO NOTHING" : "");
    this.delete = "DELETE FROM %s WHERE id = ?".formatted(table);
  }

  @Override
  public void write(Action action) throws SQLException {
    execute(
        insert,
        action.id(),
        action.kind().name(),
        Action.TENANT,
        action.subject(),
        action.session(),
        store == Store.AUDIT ? action.textHash() : action.text());
  }

  @Override
  public void undo(Action action) throws SQLException {
    execute(delete, action.id());
  }

  private void execute(String sql, String... values) throws SQLException {
    try (PreparedStatement statement = connection().prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setString(i + 1, values[i]);
      }
      statement.executeUpdate();
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  private Connection connection() throws SQLException {
    if (open == null) {
      Properties properties = new Properties();
      properties.setProperty("user", config.user());
      properties.setProperty("password", config.password());
      properties.setProperty("socketTimeout", Long.toString(config.socketTimeout().toSeconds()));
      open = DriverManager.getConnection(config.url(), properties);
    }
    return open;
  }

  @Override
  public void close() {
    try (Connection closing = open) {
      open = null;
    } catch (SQLException e) {
      // it was broken
    }
  }
}
