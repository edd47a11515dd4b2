package dev.driftless.schemas;

import java.util.regex.Pattern;

/**
 * The names of everything shared, so that two installations can use the same servers: one setting
 * prefixes topics, groups, schemas, keys and collections.
 *
 * <p>A view may have two generations: the one that readers see, and a spare one beside it, which is
 * kept by a group of its own at a place of its own. All else they share.
 *
 * @param name empty, or lower-case letters, digits and {@code _}, beginning with a letter, at most
 *     30
 * @param isSpare whether groups and places are those of the spare generations
 */
public record Names(String name, boolean isSpare) {

  private static final Pattern ALLOWED = Pattern.compile("([a-z][a-z0-9_]{0,29})?");

  /** With it as a prefix, Redis keys would be among those of the installation without a name. */
  private static final String RESERVED = "driftless";

  private static final String SPARE = "spare";

  /** No prefix. */
  public static final Names DEFAULT = new Names("");

  /** Of what readers see. */
  public Names(String name) {
    this(name, false);
  }

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

  /** The compacted topic that says how far the views are, as {@link ViewPosition}. */
  public String positions() {
    return prefixed("-", "view-positions");
  }

  /** The topic of what the owners of partitions are asked to repair, partitioned as the log. */
  public String repairs() {
    return prefixed("-", "memory-repairs");
  }

  /** The consumer group, and Kafka Streams application id, of a view's projector. */
  public String group(String view) {
    return prefixed("-", "driftless-" + generation(view));
  }

  /** What the generation of a view is called, in logs for example. */
  public String generation(String view) {
    return isSpare ? view + "-" + SPARE : view;
  }

  /**
   * Where in its store the generation of a view is: {@link #prefixed}, and {@code spare} behind it.
   */
  public String place(String separator, String base) {
    return prefixed(separator, isSpare ? base + separator + SPARE : base);
  }

  /** The same installation's, of the spare generations. */
  public Names spare() {
    return new Names(name, true);
  }

  /**
   * {@code base} with the name and {@code separator} before it, or alone where the name is empty.
   */
  public String prefixed(String separator, String base) {
    return name.isEmpty() ? base : name + separator + base;
  }
}
