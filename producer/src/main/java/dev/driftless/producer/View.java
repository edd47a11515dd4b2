package dev.driftless.producer;

/**
 * A view that can be waited for.
 *
 * @param name as its projector is called
 */
public record View(String name) {

  public static final View RELATIONAL = new View("relational");
  public static final View VECTOR = new View("vector");
  public static final View CACHE = new View("cache");
  public static final View CONTEXT = new View("context");
  public static final View AUDIT = new View("audit");

  @Override
  public String toString() {
    return name;
  }
}
