package dev.driftless.bench.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

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
  static final int DIMENSIONS = 384;

  private static final int SUBJECTS = 200;
  private static final int SESSIONS = 5;
  private static final int WORDS_IN_TEXT = 12;
  private static final List<String> WORDS =
      List.of(
          "prefers",
          "window",
          "seat",
          "flies",
          "Friday",
          "vegetarian",
          "hotel",
          "near",
          "station",
          "budget",
          "quiet",
          "room",
          "early",
          "late",
          "train",
          "never",
          "always",
          "invoice");

  static Action of(long seed, int number) {
    Random random = new Random(seed * 1_000_003 + number);
    Kind kind = random.nextInt(10) == 0 ? Kind.PATTERN : Kind.MEMORY;
    String words =
        random
            .ints(WORDS_IN_TEXT, 0, WORDS.size())
            .mapToObj(WORDS::get)
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
    Random random = new Random(number);
    float[] vector = new float[DIMENSIONS];
    double squares = 0;
    for (int i = 0; i < DIMENSIONS; i++) {
      vector[i] = (float) random.nextGaussian();
      squares += vector[i] * vector[i];
    }
    for (int i = 0; i < DIMENSIONS; i++) {
      vector[i] /= (float) Math.sqrt(squares);
    }
    return vector;
  }

  /** Without the text. */
  @Override
  public String toString() {
    return id();
  }
}
