package dev.driftless.projectors;

import java.util.List;

/**
 * What a view holds of one entity.
 *
 * @param asOf the rows show exactly the entity's events below this offset
 * @param rows empty if it holds nothing of it
 */
public record Held(Entity entity, long asOf, List<HeldRow> rows) {

  public Held {
    rows = List.copyOf(rows);
  }
}
