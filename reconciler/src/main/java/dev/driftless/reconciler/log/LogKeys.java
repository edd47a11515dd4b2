package dev.driftless.reconciler.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Keys on disk, whose order as bytes is what readers iterate by.
 *
 * <pre>
 * record   partition (4) offset (8)
 * entity   bucket (2) tenant subject session kind (1) id offset (8)
 * </pre>
 *
 * Each text is UTF-8 with a zero byte as 00 FF, and ends with 00 01; so all of a bucket, of a
 * subject, of a session, of an entity stand together.
 */
final class LogKeys {

  private static final Kind[] KINDS = Kind.values();

  private LogKeys() {}

  static byte[] record(int partition, long offset) {
    return ByteBuffer.allocate(Integer.BYTES + Long.BYTES)
        .putInt(partition)
        .putLong(offset)
        .array();
  }

  static byte[] bucket(int bucket) {
    return new byte[] {(byte) (bucket >> 8), (byte) bucket};
  }

  /** What all keys of the subject begin with. */
  static byte[] subject(Entity entity) {
    ByteArrayOutputStream key = new ByteArrayOutputStream(64);
    key.writeBytes(bucket(entity.bucket()));
    text(key, entity.tenant());
    text(key, entity.subject());
    return key.toByteArray();
  }

  /** What all keys of the entity's session begin with. */
  static byte[] session(Entity entity) {
    ByteArrayOutputStream key = new ByteArrayOutputStream(64);
    key.writeBytes(subject(entity));
    text(key, entity.session());
    return key.toByteArray();
  }

  /** What all keys of the entity begin with. */
  static byte[] entity(Entity entity) {
    ByteArrayOutputStream key = new ByteArrayOutputStream(64);
    key.writeBytes(session(entity));
    key.write(entity.kind().ordinal());
    text(key, entity.id());
    return key.toByteArray();
  }

  static byte[] entity(Entity entity, long offset) {
    byte[] prefix = entity(entity);
    return ByteBuffer.allocate(prefix.length + Long.BYTES).put(prefix).putLong(offset).array();
  }

  static long offset(byte[] entityKey) {
    return ByteBuffer.wrap(entityKey, entityKey.length - Long.BYTES, Long.BYTES).getLong();
  }

  /** The entity of an entity key. */
  static Entity entity(byte[] key) {
    Reader in = new Reader(key, 2);
    String tenant = in.text();
    String subject = in.text();
    String session = in.text();
    Kind kind = KINDS[key[in.at++]];
    return new Entity(kind, tenant, subject, session, in.text());
  }

  static boolean hasPrefix(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }

  private static void text(ByteArrayOutputStream key, String text) {
    for (byte b : text.getBytes(UTF_8)) {
      key.write(b);
      if (b == 0) {
        key.write(0xff);
      }
    }
    key.write(0);
    key.write(1);
  }

  private static final class Reader {

    private final byte[] key;
    private int at;

    Reader(byte[] key, int at) {
      this.key = key;
      this.at = at;
    }

    String text() {
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      while (key[at] != 0 || key[at + 1] != 1) {
        text.write(key[at]);
        at += key[at] == 0 ? 2 : 1;
      }
      at += 2;
      return text.toString(UTF_8);
    }
  }
}
