package dev.driftless.projectors.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.schemas.Names;

/**
 * The names of one subject's keys: {@code <prefix>{<tenant>/<subject>}:<part>}. In each id {@code /
 * { } : %} and control characters are percent-encoded as in a URI, so that no two subjects, and no
 * two things of a subject, share a key.
 *
 * @param subject everything up to the part, the same hash slot for all keys of the subject
 */
record CacheKeys(String subject) {

  private static final String ENCODED = "/{}:%";

  static CacheKeys of(Names names, String tenant, String subject) {
    return new CacheKeys(prefix(names) + "{" + encoded(tenant) + "/" + encoded(subject) + "}:");
  }

  /** What all keys of this installation begin with, and no others. */
  static String prefix(Names names) {
    return names.prefixed(":", "driftless:");
  }

  static String position(Names names, int partition) {
    return prefix(names) + "position:{" + partition + "}";
  }

  String applied() {
    return subject + "applied";
  }

  String memories() {
    return subject + "memories";
  }

  String memory(String memoryId) {
    return subject + "memory:" + encoded(memoryId);
  }

  String patterns() {
    return subject + "patterns";
  }

  String reinforcements() {
    return subject + "reinforcements";
  }

  String sessions() {
    return subject + "sessions";
  }

  String session(String session) {
    return subject + "session:" + encoded(session);
  }

  String messages(String session) {
    return session(session) + ":messages";
  }

  String openToolCalls(String session) {
    return session(session) + ":open-tool-calls";
  }

  static String encoded(String id) {
    for (int i = 0; i < id.length(); i++) {
      if (isEncoded(id.charAt(i))) {
        return percentEncoded(id);
      }
    }
    return id;
  }

  private static String percentEncoded(String id) {
    StringBuilder encoded = new StringBuilder(id.length());
    id.codePoints().forEach(c -> append(encoded, c));
    return encoded.toString();
  }

  private static boolean isEncoded(int codePoint) {
    return ENCODED.indexOf(codePoint) >= 0 || Character.isISOControl(codePoint);
  }

  private static void append(StringBuilder encoded, int codePoint) {
    if (!isEncoded(codePoint)) {
      encoded.appendCodePoint(codePoint);
      return;
    }
    for (byte b : Character.toString(codePoint).getBytes(UTF_8)) {
      encoded.append("%%%02X".formatted(b));
    }
  }
}
