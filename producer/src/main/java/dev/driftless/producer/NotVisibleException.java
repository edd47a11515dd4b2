package dev.driftless.producer;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Some view did not show an event in time. It will, unless its projector stays down: nothing is
 * lost, and waiting again is safe.
 */
public final class NotVisibleException extends RuntimeException {

  private final transient List<Behind> behind;

  NotVisibleException(String timeout, List<Behind> behind) {
    super(
        behind.stream()
            .map(Behind::toString)
            .collect(Collectors.joining("; ", "not visible within " + timeout + ": ", "")));
    this.behind = List.copyOf(behind);
  }

  /** What was waited for in vain. */
  public List<Behind> behind() {
    return behind;
  }

  /**
   * A view that is behind in a partition.
   *
   * @param events up to the last one that was waited for, that one included; control records count.
   *     {@link #UNKNOWN} if that is not known
   * @param why one line; null if nothing is known to hold it up
   */
  public record Behind(View view, int partition, long events, @Nullable String why) {

    public static final long UNKNOWN = -1;

    @Override
    public String toString() {
      if (events == UNKNOWN) {
        return "nothing is known of the view %s in partition %d (%s)"
            .formatted(view, partition, why);
      }
      return "the view %s is %,d events behind in partition %d%s"
          .formatted(view, events, partition, why == null ? "" : " (" + why + ")");
    }
  }
}
