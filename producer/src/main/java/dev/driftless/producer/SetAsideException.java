package dev.driftless.producer;

/**
 * A view could not apply an event and set it aside, so it does not show it, however long one waits.
 * Once the cause is gone, {@code driftless dead-letters retry} has it applied; whether that was
 * done since, only the view's store can say.
 */
public final class SetAsideException extends RuntimeException {

  private final transient View view;
  private final transient Receipt receipt;

  SetAsideException(View view, Receipt receipt, String reason) {
    super(
        "the view %s set the event at partition %d, offset %d aside: %s; see 'driftless dead-letters list'"
            .formatted(view, receipt.partition(), receipt.offset(), reason));
    this.view = view;
    this.receipt = receipt;
  }

  public View view() {
    return view;
  }

  /** Of the event. */
  public Receipt receipt() {
    return receipt;
  }
}
