package dev.driftless.projectors.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The hashes of the chain, which anyone with the log can compute:
 *
 * <pre>
 * record      = partition (4 bytes) offset (8) append time in ms (8)
 *               key length (4, -1 for null) key  value length (4, -1 for null) value
 * key_hash    = SHA-256(key)
 * record_hash = SHA-256(record)
 * genesis     = SHA-256(topic id as text in UTF-8, partition (4))
 * chain_hash  = SHA-256(prev_hash, record)      prev_hash = chain_hash of the row before, or genesis
 * </pre>
 *
 * All numbers are big-endian.
 */
final class RecordBytes {

  private final byte[] record;
  private final byte @Nullable [] key;

  RecordBytes(
      int partition,
      long offset,
      Instant appendTime,
      byte @Nullable [] key,
      byte @Nullable [] value) {
    this.key = key;
    ByteBuffer bytes = ByteBuffer.allocate(28 + length(key) + length(value));
    bytes.putInt(partition).putLong(offset).putLong(appendTime.toEpochMilli());
    put(bytes, key);
    put(bytes, value);
    this.record = bytes.array();
  }

  static byte[] genesis(String topicId, int partition) {
    byte[] number = ByteBuffer.allocate(Integer.BYTES).putInt(partition).array();
    return sha256(topicId.getBytes(UTF_8), number);
  }

  byte @Nullable [] keyHash() {
    return key == null ? null : sha256(key);
  }

  byte[] recordHash() {
    return sha256(record);
  }

  byte[] chainHash(byte[] prevHash) {
    return sha256(prevHash, record);
  }

  private static int length(byte @Nullable [] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  private static void put(ByteBuffer to, byte @Nullable [] bytes) {
    to.putInt(bytes == null ? -1 : bytes.length);
    if (bytes != null) {
      to.put(bytes);
    }
  }

  private static byte[] sha256(byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) {
        digest.update(part);
      }
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
