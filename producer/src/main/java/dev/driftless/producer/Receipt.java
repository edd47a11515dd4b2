package dev.driftless.producer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an append returns: where the event is in the log, for ever.
 *
 * @param topicId the log's topic id, so that a receipt is never taken for one of another log
 * @param offset of the event in its partition
 */
public record Receipt(String topicId, int partition, long offset) {

  private static final Pattern TOKEN =
      Pattern.compile("([A-Za-z0-9_-]{22})\\.([0-9]{1,9})\\.([0-9]{1,18})");

  /**
   * The receipt as a short text without a character that JSON, a URL or an HTTP header would have
   * to escape.
   */
  public String token() {
    return topicId + "." + partition + "." + offset;
  }

  /**
   * Reads a {@link #token}.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Receipt parse(String token) {
    Matcher parts = TOKEN.matcher(token);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "'%s' is not a receipt: expected topic id, partition and offset with dots between"
              .formatted(token));
    }
    return new Receipt(
        parts.group(1), Integer.parseInt(parts.group(2)), Long.parseLong(parts.group(3)));
  }
}
