package dev.driftless.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import org.apache.kafka.common.utils.Utils;

/**
 * Whose memory it is. All events of one subject have the same record key, hence the same partition,
 * hence an order.
 *
 * <p>Wire form: UTF-8 {@code tenant}, one zero byte, UTF-8 {@code subject}; neither is empty or
 * contains a zero byte.
 */
public record SubjectKey(String tenant, String subject) {

  /** The record key. */
  public byte[] bytes() {
    byte[] t = tenant.getBytes(UTF_8);
    byte[] s = subject.getBytes(UTF_8);
    byte[] key = Arrays.copyOf(t, t.length + 1 + s.length);
    System.arraycopy(s, 0, key, t.length + 1, s.length);
    return key;
  }

  /**
   * Reads a record key.
   *
   * @throws IllegalArgumentException if it is not of the wire form; the message says why
   */
  public static SubjectKey of(byte[] key) {
    int zero = 0;
    while (zero < key.length && key[zero] != 0) {
      zero++;
    }
    if (zero == key.length) {
      throw new IllegalArgumentException("key has no zero byte between tenant and subject");
    }
    for (int i = zero + 1; i < key.length; i++) {
      if (key[i] == 0) {
        throw new IllegalArgumentException("key has a second zero byte");
      }
    }
    if (zero == 0 || zero == key.length - 1) {
      throw new IllegalArgumentException("key has no " + (zero == 0 ? "tenant" : "subject"));
    }
    return new SubjectKey(text(key, 0, zero), text(key, zero + 1, key.length - zero - 1));
  }

  /**
   * The partition of a key: Java's murmur2, as every Kafka client computes it (librdkafka: {@code
   * murmur2_random}).
   */
  public static int partition(byte[] key, int partitions) {
    return Utils.toPositive(Utils.murmur2(key)) % partitions;
  }

  private static String text(byte[] key, int from, int length) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(key, from, length)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("key is not UTF-8", e);
    }
  }
}
