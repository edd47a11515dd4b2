package dev.driftless.schemas;

/**
 * The headers of a dead letter, all UTF-8 text; key and value are those of the record in the log.
 */
public final class DeadLetterHeaders {

  /** Which view could not apply it. */
  public static final String VIEW = "view";

  /** The log's topic id; letters that an older version wrote have none. */
  public static final String TOPIC_ID = "topicId";

  /** Of the view, as {@link ViewPosition#generation}; letters of an older version have none. */
  public static final String GENERATION = "generation";

  /** Of the record in the log, decimal. */
  public static final String PARTITION = "partition";

  /** Of the record in the log, decimal. */
  public static final String OFFSET = "offset";

  /** Why, one line. */
  public static final String REASON = "reason";

  private DeadLetterHeaders() {}
}
