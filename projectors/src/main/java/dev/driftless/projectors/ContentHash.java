package dev.driftless.projectors;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * SHA-256 over a sequence of values, each with its length before it, so that no two sequences run
 * together. Not for several threads, not for use after {@link #digest}.
 */
public final class ContentHash {

  private final MessageDigest sha256 = sha256();

  /** Adds UTF-8 text, or the absence of one. */
  public ContentHash add(@Nullable String text) {
    if (text == null) {
      sha256.update(length(-1));
    } else {
      add(text.getBytes(UTF_8));
    }
    return this;
  }

  /** Adds bytes. */
  public ContentHash add(byte[] bytes) {
    sha256.update(length(bytes.length));
    sha256.update(bytes);
    return this;
  }

  /** Adds a time, in milliseconds, or the absence of one. */
  public ContentHash add(@Nullable Instant time) {
    return add(time == null ? null : Long.toString(time.toEpochMilli()));
  }

  /** Adds the entries in the order of their keys. */
  public ContentHash add(Map<String, String> entries) {
    sha256.update(length(entries.size()));
    new TreeMap<>(entries).forEach((key, value) -> add(key).add(value));
    return this;
  }

  /** The 32 bytes. */
  public byte[] digest() {
    return sha256.digest();
  }

  private static byte[] length(int length) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(length).array();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
