package dev.driftless.projectors.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;

/**
 * A Lua script.
 *
 * @param sha1 by which the server knows it
 */
record Script(String source, String sha1) {

  /** Reads the resource of this name beside the class. */
  static Script read(String name) {
    try (InputStream in = Objects.requireNonNull(Script.class.getResourceAsStream(name), name)) {
      byte[] source = in.readAllBytes();
      byte[] sha1 = MessageDigest.getInstance("SHA-1").digest(source);
      return new Script(new String(source, UTF_8), HexFormat.of().formatHex(sha1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }
}
