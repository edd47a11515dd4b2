package dev.driftless.projectors.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * One number for all that a row holds, the same whether PostgreSQL computes it from the stored
 * columns or Java from the values that a projector writes: the first 8 bytes, big-endian, of the
 * SHA-256 of a JSON array as PostgreSQL prints it. The array holds the table's name and then every
 * column in order, where
 *
 * <ul>
 *   <li>{@code bytea} is hexadecimal text,
 *   <li>{@code timestamptz} and {@code float8} are hexadecimal text of the 8 bytes that PostgreSQL
 *       sends: microseconds since 2000, and IEEE 754,
 *   <li>{@code text[]} is an array,
 *   <li>{@code text}, {@code int4}, {@code int8}, {@code bool} and {@code jsonb} are as they are.
 * </ul>
 */
public final class RowDigest {

  private static final Instant POSTGRESQL_EPOCH = Instant.parse("2000-01-01T00:00:00Z");
  private static final HexFormat HEX = HexFormat.of();

  private RowDigest() {}

  /**
   * An SQL expression, {@code bigint}, of the digest of a stored row.
   *
   * @param columns of the table, all of them, in order; its rows do not matter
   * @param alias under which the row is in reach
   */
  public static String sql(String table, Rows columns, String alias) {
    StringJoiner cells = new StringJoiner(", ", "jsonb_build_array(", ")");
    cells.add("'" + table + "'");
    for (int c = 0; c < columns.width(); c++) {
      cells.add(cell(alias + "." + columns.name(c), columns.type(c)));
    }
    return "CAST(CAST('x' || encode(substring(sha256(convert_to(CAST(%s AS text), 'UTF8')) FROM 1 FOR 8), 'hex') AS bit(64)) AS bigint)"
        .formatted(cells);
  }

  /** The digests of rows that are written to the table, in their order. */
  public static List<Long> of(String table, Rows rows) {
    List<Long> digests = new ArrayList<>(rows.size());
    for (int row = 0; row < rows.size(); row++) {
      List<@Nullable Object> cells = new ArrayList<>(rows.width() + 1);
      cells.add(table);
      for (int c = 0; c < rows.width(); c++) {
        cells.add(cell(rows.value(row, c)));
      }
      digests.add(first8Bytes(Jsonb.of(cells)));
    }
    return digests;
  }

  /** Any value that the column can hold has such a form, also one that no projector writes. */
  private static String cell(String column, String type) {
    return switch (type) {
      case "timestamptz" -> "encode(timestamptz_send(%s), 'hex')".formatted(column);
      case "bytea" -> "encode(%s, 'hex')".formatted(column);
      case "float8" -> "encode(float8send(%s), 'hex')".formatted(column);
      case "text[]" ->
          "CASE WHEN array_lower(%1$s, 1) <> 1 THEN to_jsonb(CAST(%1$s AS text)) ELSE to_jsonb(%1$s) END"
              .formatted(column);
      case "text", "int4", "int8", "bool", "jsonb" -> column;
      default -> throw new IllegalArgumentException("no digest is defined of a column " + type);
    };
  }

  private static @Nullable Object cell(@Nullable Object value) {
    if (value instanceof Instant instant) {
      return HEX.toHexDigits(micros(instant));
    } else if (value instanceof byte[] bytes) {
      return HEX.formatHex(bytes);
    } else if (value instanceof Double number) {
      return HEX.toHexDigits(Double.doubleToLongBits(number));
    }
    return value;
  }

  private static long micros(Instant instant) {
    return (instant.getEpochSecond() - POSTGRESQL_EPOCH.getEpochSecond()) * 1_000_000
        + instant.getNano() / 1_000;
  }

  private static long first8Bytes(String json) {
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(json.getBytes(UTF_8)))
          .getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
