package dev.driftless.projectors.postgres;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.History;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;

/**
 * A table whose rows are of entities of one kind, and what one row of it is when it is compared. In
 * SQL, {@code t} is the row. Immutable.
 */
public final class EntityTable {

  private static final String LOG_OFFSET = "log_offset";

  private final String name;
  private final Entity.Kind kind;
  private final boolean rowPerEvent;
  private final Rows columns;
  private final List<String> keys;

  private EntityTable(String name, Entity.Kind kind, boolean rowPerEvent, Rows columns) {
    this.name = name;
    this.kind = kind;
    this.rowPerEvent = rowPerEvent;
    this.columns = columns;
    this.keys = IntStream.range(0, keys(kind)).mapToObj(columns::name).toList();
  }

  /**
   * A table with one row an entity at most.
   *
   * @param columns all of them in order, each given as name, space, PostgreSQL type; {@code
   *     log_offset} among them. The first ones say which entity: tenant, subject, session if the
   *     kind is of one, id if it has one; of a record, {@code log_partition} and {@code log_offset}
   */
  public static EntityTable of(String name, Entity.Kind kind, String... columns) {
    return new EntityTable(name, kind, false, Rows.of(columns));
  }

  /** A table with a row for each of several events of an entity; otherwise as {@link #of}. */
  public static EntityTable perEvent(String name, Entity.Kind kind, String... columns) {
    return new EntityTable(name, kind, true, Rows.of(columns));
  }

  /** The table {@code past_…} of states of these rows that others replaced; see StateTable. */
  EntityTable past() {
    String past = "past_" + name;
    return new EntityTable(
        past, kind, true, columns.and("valid_to timestamptz", "valid_to_offset int8"));
  }

  /** Its name in the schema. */
  String name() {
    return name;
  }

  /** What the rows are of. */
  public Entity.Kind kind() {
    return kind;
  }

  /** No rows yet, of the columns of this table. */
  public Rows rows() {
    return columns.none();
  }

  /** What a view holds once these rows of this table are written. */
  public List<HeldRow> held(Rows rows) {
    List<Long> digests = RowDigest.of(name, rows);
    int offset = columns.column(LOG_OFFSET);
    return IntStream.range(0, rows.size())
        .mapToObj(row -> held((Long) value(rows, row, offset), digests.get(row)))
        .toList();
  }

  /** Deletes all rows of these entities, where they are of this kind. */
  public void delete(Handle handle, List<History> histories) {
    List<Entity> entities = histories.stream().map(History::entity).toList();
    keyed(entities)
        .execute(handle, "DELETE FROM %s t USING <rows> WHERE %s".formatted(name, isKeyed()));
  }

  HeldRow held(long offset, long digest) {
    return new HeldRow(rowPerEvent ? name + "@" + offset : name, offset, digest);
  }

  /** No rows yet, of the columns that say which entity, and these. */
  Rows keysAnd(String... more) {
    return columns.first(keys.size()).and(more);
  }

  /** The keys of those entities that are of this kind, each with its place in the list, i. */
  Rows keyed(List<Entity> entities) {
    List<String> types = new ArrayList<>();
    types.add("i int4");
    for (int c = 0; c < keys.size(); c++) {
      types.add(keys.get(c) + " " + columns.type(c));
    }
    Rows rows = Rows.of(types.toArray(String[]::new));
    for (int i = 0; i < entities.size(); i++) {
      if (entities.get(i).kind() == kind) {
        rows.add(key(i, entities.get(i)));
      }
    }
    return rows;
  }

  /** Of the rows of the entities that {@link #keyed} gives: i, offset, digest. */
  String selectDigests() {
    return "SELECT r.i, t.%s, %s FROM <rows> JOIN %s t ON %s"
        .formatted(LOG_OFFSET, digest(), name, isKeyed());
  }

  /** Of the rows of the entities that {@link #keyed} gives: all of the row as JSON. */
  String selectContents() {
    return "SELECT CAST(to_jsonb(t) AS text) FROM <rows> JOIN %s t ON %s"
        .formatted(name, isKeyed());
  }

  /** Bucket and digest of each that holds anything. */
  String selectBuckets() {
    return "SELECT bucket, bit_xor(digest) FROM (SELECT %s AS bucket, %s AS digest FROM %s t) d GROUP BY bucket"
        .formatted(bucket(), digest(), name);
  }

  /** The keys of all rows in these buckets, given as rows of one column. */
  String selectEntities() {
    String key = keys.stream().map(column -> "t." + column).collect(Collectors.joining(", "));
    return "SELECT %s FROM %s t JOIN <rows> ON r.bucket = %s".formatted(key, name, bucket());
  }

  /** From a row of {@link #selectEntities}. */
  Entity entity(ResultSet rs) throws SQLException {
    return switch (kind) {
      case RECORD -> Entity.record(rs.getInt(1), rs.getLong(2));
      case MEMORY, PATTERN ->
          new Entity(kind, rs.getString(1), rs.getString(2), "", rs.getString(3));
      case SESSION -> new Entity(kind, rs.getString(1), rs.getString(2), rs.getString(3), "");
      case MESSAGE, CHECKPOINT, TOOL_CALL ->
          new Entity(kind, rs.getString(1), rs.getString(2), rs.getString(3), rs.getString(4));
      default -> throw noTable(kind);
    };
  }

  private static int keys(Entity.Kind kind) {
    return switch (kind) {
      case RECORD -> 2;
      case MEMORY, PATTERN, SESSION -> 3;
      case MESSAGE, CHECKPOINT, TOOL_CALL -> 4;
      default -> throw noTable(kind);
    };
  }

  private Object[] key(int i, Entity entity) {
    return switch (kind) {
      case RECORD -> new Object[] {i, entity.recordPartition(), entity.offset()};
      case MEMORY, PATTERN -> new Object[] {i, entity.tenant(), entity.subject(), entity.id()};
      case SESSION -> new Object[] {i, entity.tenant(), entity.subject(), entity.session()};
      case MESSAGE, CHECKPOINT, TOOL_CALL ->
          new Object[] {i, entity.tenant(), entity.subject(), entity.session(), entity.id()};
      default -> throw noTable(kind);
    };
  }

  private static IllegalArgumentException noTable(Entity.Kind kind) {
    return new IllegalArgumentException("no table has rows of a " + kind);
  }

  /** Whether {@code t} is a row of the entity whose keys {@code r} has. */
  String isKeyed() {
    return keys.stream()
        .map(column -> "t.%1$s = r.%1$s".formatted(column))
        .collect(Collectors.joining(" AND "));
  }

  private String digest() {
    return RowDigest.sql(name, columns, "t");
  }

  /** As {@link Entity#bucket}; one of them also where somebody put a negative number. */
  private String bucket() {
    return kind == Entity.Kind.RECORD
        ? "CAST((31 * CAST(t.log_partition AS int8) + t.log_offset / 512) & 4095 AS int4)"
        : "CAST(CAST('x' || left(md5(t.tenant || '/' || t.subject), 3) AS bit(12)) AS int4)";
  }

  private static Object value(Rows rows, int row, int column) {
    return Objects.requireNonNull(rows.value(row, column));
  }
}
