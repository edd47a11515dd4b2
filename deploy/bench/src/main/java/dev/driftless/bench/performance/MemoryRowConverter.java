package dev.driftless.bench.performance;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.storage.Converter;
import org.jspecify.annotations.Nullable;

/**
 * Rows of the relational view's table {@code memories}, as bytes that cost next to nothing to read,
 * to flat records of Kafka Connect and not back.
 */
public final class MemoryRowConverter implements Converter {

  private static final Schema JSON = SchemaBuilder.string().name("io.debezium.data.Json").build();

  /** What a row is found by. */
  static final Schema KEY =
      SchemaBuilder.struct()
          .field("tenant", Schema.STRING_SCHEMA)
          .field("subject", Schema.STRING_SCHEMA)
          .field("memory_id", Schema.STRING_SCHEMA)
          .build();

  private static final Schema VALUE =
      SchemaBuilder.struct()
          .field("kind", Schema.STRING_SCHEMA)
          .field("text", Schema.STRING_SCHEMA)
          .field("attributes", JSON)
          .field("agent", Schema.STRING_SCHEMA)
          .field("session", Schema.OPTIONAL_STRING_SCHEMA)
          .field("recorded_at", Timestamp.SCHEMA)
          .field("revised_at", Timestamp.SCHEMA)
          .field("expires_at", Timestamp.builder().optional().build())
          .field("log_partition", Schema.INT32_SCHEMA)
          .field("log_offset", Schema.INT64_SCHEMA)
          .field("content_hash", Schema.BYTES_SCHEMA)
          .build();

  private boolean key;

  /** The table's columns, those of the key first. */
  static String columns() {
    return Stream.of(KEY, VALUE)
        .flatMap(schema -> schema.fields().stream())
        .map(Field::name)
        .collect(Collectors.joining(", "));
  }

  /** The key of the row where the result stands; its columns are {@link #columns}. */
  static byte[] key(ResultSet row) throws SQLException {
    return bytes(row, KEY.fields());
  }

  /** As {@link #key}, what is not the key. */
  static byte[] value(ResultSet row) throws SQLException {
    return bytes(row, VALUE.fields());
  }

  /** A key of these three. */
  static byte[] key(List<String> parts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    try {
      for (String part : parts) {
        out.writeBoolean(true);
        out.writeUTF(part);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] bytes(ResultSet row, List<Field> fields) throws SQLException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    try {
      for (Field field : fields) {
        boolean there = row.getObject(field.name()) != null;
        out.writeBoolean(there);
        if (there) {
          write(out, row, field);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, ResultSet row, Field field)
      throws IOException, SQLException {
    switch (field.schema().type()) {
      case STRING -> out.writeUTF(row.getString(field.name()));
      case INT32 -> out.writeInt(row.getInt(field.name()));
      case INT64 ->
          out.writeLong(
              isTime(field) ? row.getTimestamp(field.name()).getTime() : row.getLong(field.name()));
      case BYTES -> {
        byte[] content = row.getBytes(field.name());
        out.writeInt(content.length);
        out.write(content);
      }
      default -> throw new IllegalStateException(field.toString());
    }
  }

  @Override
  public void configure(Map<String, ?> settings, boolean isKey) {
    key = isKey;
  }

  @Override
  public byte[] fromConnectData(String topic, Schema schema, Object value) {
    throw new UnsupportedOperationException("rows are only read");
  }

  @Override
  public SchemaAndValue toConnectData(String topic, byte @Nullable [] bytes) {
    Schema schema = key ? KEY : VALUE;
    if (bytes == null) {
      return SchemaAndValue.NULL;
    }
    Struct struct = new Struct(schema);
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    try {
      for (Field field : schema.fields()) {
        if (in.readBoolean()) {
          struct.put(field, read(in, field));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new SchemaAndValue(schema, struct);
  }

  private static Object read(DataInputStream in, Field field) throws IOException {
    return switch (field.schema().type()) {
      case STRING -> in.readUTF();
      case INT32 -> in.readInt();
      case INT64 -> isTime(field) ? new Date(in.readLong()) : (Object) in.readLong();
      case BYTES -> in.readNBytes(in.readInt());
      default -> throw new IllegalStateException(field.toString());
    };
  }

  private static boolean isTime(Field field) {
    return Timestamp.LOGICAL_NAME.equals(field.schema().name());
  }
}
