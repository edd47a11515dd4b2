package dev.driftless.producer;

import dev.driftless.producer.NotVisibleException.Behind;
import dev.driftless.schemas.ViewPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the projectors of one log have told. Not for several threads. */
final class KnownPositions {

  /** Projectors tell their positions more often. */
  private static final Duration SILENCE = Duration.ofSeconds(15);

  private final String topicId;
  private final Map<Place, Told> told = new HashMap<>();
  private final Map<String, Long> lettersRead = new HashMap<>();
  private final Map<Letter, String> letters = new HashMap<>();

  /**
   * @param topicId of the log
   */
  KnownPositions(String topicId) {
    this.topicId = topicId;
  }

  private record Place(String view, int partition) {}

  private record Letter(String view, int partition, long offset) {}

  private record Told(ViewPosition position, Instant at) {}

  /**
   * A projector told this.
   *
   * @param at by the broker's clock or the projector's
   */
  void told(ViewPosition position, Instant at) {
    Place place = new Place(position.view(), position.partition());
    Told before = told.get(place);
    if (before == null || position.epoch() >= before.position.epoch()) {
      told.put(place, new Told(position, at));
    }
  }

  /** The view set this record of the log aside. */
  void setAside(String view, int partition, long offset, String reason) {
    letters.put(new Letter(view, partition, offset), reason);
  }

  /** What the view set aside below this offset of its topic is known here. */
  void lettersRead(String view, long offset) {
    lettersRead.put(view, offset);
  }

  /** Why the view does not show this event, ever; null if it does or will. */
  @Nullable String refusal(View view, Receipt receipt) {
    return letters.get(new Letter(view.name(), receipt.partition(), receipt.offset()));
  }

  /**
   * Whether it is certain that the view shows this event, if it is not {@link #refusal refused}.
   */
  boolean isVisible(View view, Receipt receipt) {
    Told last = told.get(new Place(view.name(), receipt.partition()));
    return last != null
        && last.position.topicId().equals(topicId)
        && last.position.offset() > receipt.offset()
        && lettersRead.getOrDefault(view.name(), 0L) >= last.position.deadLettersEnd();
  }

  /** How far the view is from this event that it does not show yet. */
  Behind behind(View view, Receipt receipt, Instant now) {
    Told last = told.get(new Place(view.name(), receipt.partition()));
    if (last == null) {
      return new Behind(
          view,
          receipt.partition(),
          receipt.offset() + 1,
          "its projector has told nothing: is it running?");
    }
    long events = Math.max(0, receipt.offset() + 1 - last.position.offset());
    return new Behind(view, receipt.partition(), events, why(last, now));
  }

  private @Nullable String why(Told last, Instant now) {
    if (!last.position.topicId().equals(topicId)) {
      return "its projector reads another log, with topic id " + last.position.topicId();
    }
    if (last.position.waiting() != null) {
      return last.position.waiting();
    }
    Duration silent = Duration.between(last.at, now);
    return silent.compareTo(SILENCE) < 0
        ? null
        : "its projector has told nothing for %,d s: is it running?".formatted(silent.toSeconds());
  }
}
