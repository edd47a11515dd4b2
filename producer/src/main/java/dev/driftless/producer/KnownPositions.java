package dev.driftless.producer;

import dev.driftless.producer.NotVisibleException.Behind;
import dev.driftless.schemas.ViewPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the projectors of one log have told. Not for several threads. */
final class KnownPositions {

  /** Projectors tell their positions more often, unless they are set to check them more rarely. */
  private static final Duration SILENCE = Duration.ofSeconds(15);

  private final String topicId;
  private final Map<Place, Told> told = new HashMap<>();
  private final Map<String, Long> lettersRead = new HashMap<>();
  private final Map<String, Map<Letter, String>> letters = new HashMap<>();
  private boolean complete;

  /**
   * @param topicId of the log
   */
  KnownPositions(String topicId) {
    this.topicId = topicId;
  }

  private record Place(String view, int partition) {}

  private record Letter(String generation, Receipt receipt) {}

  private record Told(ViewPosition position, Instant at) {}

  /**
   * All that was told before this began to read is known: until then what is known may be long
   * over.
   */
  void complete() {
    complete = true;
  }

  /**
   * A projector told this.
   *
   * @param at by the projector's clock
   */
  void told(ViewPosition position, Instant at) {
    Place place = new Place(position.view(), position.partition());
    Told before = told.get(place);
    if (before == null || position.epoch() >= before.position.epoch()) {
      told.put(place, new Told(position, at));
    }
  }

  /** A generation of the view set this record of the log aside. */
  void setAside(String view, String generation, int partition, long offset, String reason) {
    letters
        .computeIfAbsent(view, v -> new HashMap<>())
        .put(new Letter(generation, new Receipt(topicId, partition, offset)), reason);
  }

  /** What the view set aside below this offset of its topic is known here. */
  void lettersRead(String view, long offset) {
    lettersRead.put(view, offset);
  }

  /** Throws if the view, as readers see it now, does not show one of these events, ever. */
  void checkNotSetAside(View view, Set<Receipt> receipts) {
    letters
        .getOrDefault(view.name(), Map.of())
        .forEach(
            (letter, reason) -> {
              if (receipts.contains(letter.receipt)
                  && letter.generation.equals(generation(view, letter.receipt.partition()))) {
                throw new SetAsideException(view, letter.receipt, reason);
              }
            });
  }

  /** Which of these events the views do not show for certain yet, if none was set aside. */
  Stream<Behind> behind(View view, Collection<Receipt> receipts, Instant now) {
    return receipts.stream().flatMap(receipt -> Stream.ofNullable(behind(view, receipt, now)));
  }

  /** Of each partition the receipt with the highest offset. */
  static Collection<Receipt> furthest(Collection<Receipt> receipts) {
    return receipts.stream()
        .collect(
            Collectors.toMap(Receipt::partition, r -> r, (a, b) -> a.offset() > b.offset() ? a : b))
        .values();
  }

  private @Nullable String generation(View view, int partition) {
    Told last = told.get(new Place(view.name(), partition));
    return complete && last != null ? last.position.generation() : null;
  }

  private boolean areLettersRead(ViewPosition position) {
    return lettersRead.getOrDefault(position.view(), 0L) >= position.deadLettersEnd();
  }

  /** Null if the view shows it, or has set it aside. */
  private @Nullable Behind behind(View view, Receipt receipt, Instant now) {
    Told last = told.get(new Place(view.name(), receipt.partition()));
    if (!complete) {
      return unknown(view, receipt, "what projectors tell is still being read");
    }
    if (last == null) {
      return unknown(view, receipt, "its projector has told nothing: is it running?");
    }
    if (!last.position.topicId().equals(topicId)) {
      return unknown(
          view,
          receipt,
          "its projector reads another log, with topic id " + last.position.topicId());
    }
    long events = Math.max(0, receipt.offset() + 1 - last.position.offset());
    return events == 0 && areLettersRead(last.position)
        ? null
        : new Behind(view, receipt.partition(), events, why(last, now));
  }

  private static Behind unknown(View view, Receipt receipt, String why) {
    return new Behind(view, receipt.partition(), Behind.UNKNOWN, why);
  }

  private @Nullable String why(Told last, Instant now) {
    Duration silent = Duration.between(last.at, now);
    String silence =
        silent.compareTo(SILENCE) < 0
            ? null
            : "its projector has told nothing for %,d s: is it running?"
                .formatted(silent.toSeconds());
    String letters = areLettersRead(last.position) ? null : "what it set aside is still being read";
    String why =
        Stream.of(last.position.waiting(), silence, letters)
            .filter(Objects::nonNull)
            .collect(Collectors.joining("; "));
    return why.isEmpty() ? null : why;
  }
}
