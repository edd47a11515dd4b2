package dev.driftless.projectors.postgres;

import dev.driftless.projectors.ContentHash;
import dev.driftless.schemas.Names;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

/**
 * The PostgreSQL schema of a view, of either generation: its name, and what is in it. A schema's
 * comment says which layout it has, and which generation it is.
 *
 * @param view its name
 * @param base the schema's name, without what {@link Names#place} adds
 * @param owner the DDL lies beside this class
 * @param resource DDL, safe to run again, without schema names, whose first line has the layout's
 *     number. A function that needs a search path of its own sets it to the current schema and
 *     {@code pg_temp}
 */
public record ViewSchema(String view, String base, Class<?> owner, String resource) {

  private static final String POSITIONS = "positions.sql";

  /** The driver (42.7.14) takes all that follows BEGIN ATOMIC for one statement. */
  private static final String ATOMIC_END = "(?<=\nEND;)";

  private static final Pattern NUMBER = Pattern.compile("(?m)^-- Layout (\\d+)\\.");
  private static final Pattern INSTALLED = Pattern.compile(".*, layout (\\d+) \\(.*");
  private static final Pattern GENERATION = Pattern.compile(".*, generation (\\d+)");

  /** The schema of these names' generation. */
  public String name(Names names) {
    return names.place("_", base);
  }

  /** Which generation the schema is; 0 if it is not there. */
  int generation(Handle handle, String schema) {
    boolean there =
        handle.select("SELECT to_regnamespace(?) IS NOT NULL", schema).mapTo(Boolean.class).one();
    Matcher number = GENERATION.matcher(comment(handle, schema));
    return number.matches() ? Integer.parseInt(number.group(1)) : there ? 1 : 0;
  }

  /** Whether the schema says that it has this layout, or a later one. */
  boolean isInstalled(Handle handle, String schema) {
    String comment = comment(handle, schema);
    return comment.startsWith(layout() + ",") || isLater(comment);
  }

  /**
   * Whether the schema says that it has a later release's layout: while releases run beside each
   * other, the older one leaves what the newer one made.
   */
  boolean isLater(Handle handle, String schema) {
    return isLater(comment(handle, schema));
  }

  private boolean isLater(String comment) {
    Matcher installed = INSTALLED.matcher(comment);
    return installed.matches() && Integer.parseInt(installed.group(1)) > number(ddl());
  }

  /** One at a time: PostgreSQL does not guard CREATE … IF NOT EXISTS against a race. */
  static void lock(Handle handle) {
    handle.execute("SELECT pg_advisory_xact_lock(hashtext('driftless'))");
  }

  /** Makes what the schema lacks, the schema on the search path; the caller holds the lock. */
  void install(Handle handle, String schema, int generation) {
    try (Statement statement = handle.getConnection().createStatement()) {
      for (String part : ddl().split(ATOMIC_END)) {
        statement.execute(part);
      }
      statement.execute(
          "COMMENT ON SCHEMA %s IS '%s, generation %d'".formatted(schema, layout(), generation));
    } catch (SQLException e) {
      throw new UnableToExecuteStatementException("creating schema " + schema, e, null);
    }
  }

  /** What the schema says of itself; empty if it is not there, or says nothing. */
  static String comment(Handle handle, String schema) {
    return handle
        .select("SELECT obj_description(to_regnamespace(?), 'pg_namespace')", schema)
        .mapTo(String.class)
        .findOne()
        .orElse("");
  }

  /** What the comment says of it; the hash tells apart what has one number while it is made. */
  String layout() {
    String ddl = ddl();
    byte[] hash = new ContentHash().add(ddl).digest();
    return "Driftless view %s, layout %d (%s)"
        .formatted(view, number(ddl), HexFormat.of().formatHex(hash, 0, 8));
  }

  private int number(String ddl) {
    Matcher number = NUMBER.matcher(ddl);
    if (!number.find()) {
      throw new IllegalStateException(resource + ": its first line has no layout's number");
    }
    return Integer.parseInt(number.group(1));
  }

  private String ddl() {
    return read(ViewSchema.class, POSITIONS) + read(owner, resource);
  }

  /** SQL that lies beside a class. */
  static String read(Class<?> beside, String resource) {
    try (InputStream in = Objects.requireNonNull(beside.getResourceAsStream(resource), resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
