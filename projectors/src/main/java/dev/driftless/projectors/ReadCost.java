package dev.driftless.projectors;

/**
 * What reading a view cost its store.
 *
 * @param examined rows, points or keys that the store had to look at
 * @param sent rows, points or keys that crossed the network
 */
public record ReadCost(long examined, long sent) {

  /** Nothing was read. */
  public static final ReadCost NONE = new ReadCost(0, 0);

  /** Both. */
  public ReadCost plus(ReadCost other) {
    return new ReadCost(examined + other.examined, sent + other.sent);
  }

  /** This without what it contained at {@code before}. */
  public ReadCost since(ReadCost before) {
    return new ReadCost(examined - before.examined, sent - before.sent);
  }

  /** One number to compare by: rows examined plus rows sent. */
  public long total() {
    return examined + sent;
  }
}
