package dev.driftless.producer.journal;

/**
 * From where a session can go on; {@code toString} hides the state.
 *
 * @param state JSON text, as it was saved
 */
public record Checkpoint(String step, String state) {

  @Override
  public String toString() {
    return "Checkpoint[" + step + "]";
  }
}
