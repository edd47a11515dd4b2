package dev.driftless.bench.chaos.check;

import java.util.List;
import java.util.Map;

/**
 * What the writers did.
 *
 * @param acknowledged by tenant/subject: what was acknowledged, in the order in which it was
 *     appended
 * @param attempts by tenant/subject and event id, a blank between: how often it was appended,
 *     whatever came of it
 */
public record Written(Map<String, List<Acknowledged>> acknowledged, Map<String, Integer> attempts) {

  /** A key of {@link #attempts}. */
  public static String key(String whose, String eventId) {
    return whose + " " + eventId;
  }
}
