package dev.driftless.schemas;

import java.util.regex.Pattern;

/**
 * The names of everything shared, so that two installations can use the same servers: one setting
 * prefixes topics, groups, schemas, keys and collections.
 *
 * @param name empty, or lower-case letters, digits and {@code _}, beginning with a letter, at most
 *     30
 */
public record Names(String name) {

  private static final Pattern ALLOWED = Pattern.compile("([a-z][a-z0-9_]{0,29})?");

  /** With it as a prefix, Redis keys would be among those of the installation without a name. */
  private static final String RESERVED = "driftless";

  /** No prefix. */
  public static final Names DEFAULT = new Names("");

  public Names {
    if (!ALLOWED.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "name '%s': use lower-case letters, digits and _, beginning with a letter, at most 30"
              .formatted(name));
    }
    if (name.equals(RESERVED)) {
      throw new IllegalArgumentException(
          "name '%s': it would begin as what has no prefix does; use another".formatted(name));
    }
  }

  /** The topic of the event log. */
  public String log() {
    return prefixed("-", "memory-events");
  }

  /** The registry subject of the log's values. */
  public String schemaSubject() {
    return log() + "-value";
  }

  /** The topic of the records that this view could not apply. */
  public String deadLetters(String view) {
    return log() + ".dead." + view;
  }

  /** The compacted topic that says which views are paused. */
  public String controls() {
    return prefixed("-", "view-controls");
  }

  /** The topic of what the owners of partitions are asked to repair, partitioned as the log. */
  public String repairs() {
    return prefixed("-", "memory-repairs");
  }

  /** The consumer group, and Kafka Streams application id, of a view's projector. */
  public String group(String view) {
    return prefixed("-", "driftless-" + view);
  }

  /**
   * {@code base} with the name and {@code separator} before it, or alone where the name is empty.
   */
  public String prefixed(String separator, String base) {
    return name.isEmpty() ? base : name + separator + base;
  }
}
