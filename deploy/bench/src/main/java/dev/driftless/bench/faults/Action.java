package dev.driftless.bench.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.bench.MadeUp;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an agent does once: it remembers something about a subject, or, one time in ten, learns a
 * pattern. The same for the same seed and number.
 *
 * @param number from 1
 */
record Action(int number, Kind kind, String subject, String session, String text) {

  enum Kind {
    MEMORY,
    PATTERN
  }

  static final String TENANT = "acme";
  static final String AGENT = "helper";

  private static final int SUBJECTS = 200;
  private static final int SESSIONS = 5;
  private static final int WORDS_IN_TEXT = 12;

  static Action of(long seed, int number) {
    Random random = new Random(seed * 1_000_003 + number);
    Kind kind = random.nextInt(10) == 0 ? Kind.PATTERN : Kind.MEMORY;
    String words =
        Stream.generate(() -> MadeUp.word(random))
            .limit(WORDS_IN_TEXT)
            .collect(Collectors.joining(" "));
    return new Action(
        number,
        kind,
        "subject-" + random.nextInt(SUBJECTS),
        "session-" + random.nextInt(SESSIONS),
        number + " " + words);
  }

  /** Of the memory or pattern, and of the event: no two actions share it. */
  String id() {
    return "%s-%06d".formatted(kind == Kind.MEMORY ? "memory" : "pattern", number);
  }

  /** Where it belongs: a pattern is neither searched by meaning nor a row among the memories. */
  Set<Store> stores() {
    return kind == Kind.MEMORY
        ? EnumSet.allOf(Store.class)
        : EnumSet.of(Store.CACHE, Store.LOG, Store.AUDIT, Store.CONTEXT);
  }

  String textHash() {
    return hash(text);
  }

  static String hash(String text) {
    return hash(text.getBytes(UTF_8));
  }

  /** SHA-256, in hexadecimal. */
  static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Of length 1, and its own. */
  float[] embedding() {
    return MadeUp.vector(new Random(number));
  }

  /** Without the text. */
  @Override
  public String toString() {
    return id();
  }
}
