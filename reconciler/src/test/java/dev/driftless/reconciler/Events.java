package dev.driftless.reconciler;

import dev.driftless.events.CheckpointSaved;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRecalled;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MemoryRevised;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.PatternLearned;
import dev.driftless.events.PatternRetired;
import dev.driftless.events.Role;
import dev.driftless.events.SessionEnded;
import dev.driftless.events.SessionStarted;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallIntended;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Events for tests, of tenant acme. */
final class Events {

  static final String TENANT = "acme";

  private Events() {}

  static MemoryEvent recorded(String subject, String memory, String text) {
    return recorded(subject, memory, text, null);
  }

  static MemoryEvent recorded(
      String subject, String memory, String text, @Nullable Instant expiresAt) {
    return event(
        subject,
        new MemoryRecorded(
            memory, MemoryKind.SEMANTIC, text, Map.of("source", "chat"), null, expiresAt));
  }

  static MemoryEvent revised(String subject, String memory, String text) {
    return event(
        subject,
        new MemoryRevised(memory, MemoryKind.SEMANTIC, text, Map.of("source", "chat"), null, null));
  }

  static MemoryEvent forgotten(String subject, String memory) {
    return event(subject, new MemoryForgotten(memory, null));
  }

  static MemoryEvent learned(String subject, String pattern, String statement) {
    return event(subject, new PatternLearned(pattern, statement, 0.75, List.of("m1", "m2")));
  }

  static MemoryEvent event(String subject, Object payload) {
    return event(subject, "s1", payload);
  }

  static MemoryEvent event(String subject, String session, Object payload) {
    return MemoryEvent.newBuilder()
        .setEventId(UUID.randomUUID().toString())
        .setOccurredAt(Instant.now().truncatedTo(ChronoUnit.MILLIS))
        .setTenant(TENANT)
        .setSubject(subject)
        .setAgent("helper")
        .setSession(session)
        .setPayload(payload)
        .build();
  }

  /** One of every kind of thing that a view can hold, of this subject. */
  static List<MemoryEvent> everything(String subject) {
    Instant tomorrow = Instant.now().plus(1, ChronoUnit.DAYS).truncatedTo(ChronoUnit.MILLIS);
    return List.of(
        event(subject, new SessionStarted(Map.of("channel", "chat"))),
        recorded(subject, "m1", "prefers the window"),
        recorded(subject, "m2", "is vegetarian"),
        recorded(subject, "m3", "flies on Friday", tomorrow),
        recorded(subject, "gone", "a secret"),
        revised(subject, "m2", "is vegan"),
        forgotten(subject, "gone"),
        event(subject, new MessageAppended("msg1", Role.USER, "a seat please", List.of(), null)),
        event(
            subject,
            new MessageAppended("msg2", Role.ASSISTANT, "which one?", List.of("c1"), null)),
        event(subject, new ToolCallIntended("c1", "find_seat", "{\"row\":12}")),
        event(subject, new ToolCallIntended("c2", "book", "{\"seat\":\"12A\"}")),
        event(subject, new ToolCallCompleted("c1", "find_seat", "{\"row\":12}", "12A")),
        event(subject, new CheckpointSaved("step-1", "{\"seat\":\"12A\"}")),
        learned(subject, "p1", "likes the window"),
        learned(subject, "p1", "always likes the window"),
        learned(subject, "p2", "books late"),
        event(subject, new PatternRetired("p2", null)),
        event(subject, "s0", new SessionStarted(Map.of())),
        event(subject, "s0", new SessionEnded("done")));
  }

  /** A stream of events of some subjects, the same for the same seed, as an agent's would be. */
  static List<MemoryEvent> stream(Random random, int subjects, int count) {
    List<MemoryEvent> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String subject = "s" + random.nextInt(subjects);
      String memory = "m" + random.nextInt(20);
      String session = "session-" + random.nextInt(3);
      events.add(
          switch (random.nextInt(14)) {
            case 12 -> event(subject, new MemoryRecalled(List.of(memory), "what is known?"));
            case 13 ->
                recorded(
                    subject,
                    memory,
                    "for a while",
                    Instant.now()
                        .plusMillis(random.nextInt(90_000))
                        .truncatedTo(ChronoUnit.MILLIS));
            case 0, 1, 2 -> recorded(subject, memory, "text " + random.nextInt(40));
            case 3 -> revised(subject, memory, "revised " + random.nextInt(40));
            case 4 ->
                random.nextInt(4) == 0
                    ? forgotten(subject, memory)
                    : learned(subject, "p" + random.nextInt(5), "statement " + i);
            case 5 -> event(subject, new PatternRetired("p" + random.nextInt(5), null));
            case 6 -> event(subject, session, new SessionStarted(Map.of()));
            case 7 ->
                random.nextInt(5) == 0
                    ? event(subject, session, new SessionEnded(null))
                    : event(subject, session, new CheckpointSaved("step", "{}"));
            case 8 ->
                event(
                    subject, session, new ToolCallIntended("c" + random.nextInt(9), "tool", "{}"));
            case 9 ->
                event(
                    subject,
                    session,
                    new ToolCallCompleted("c" + random.nextInt(9), "tool", "{}", "ok"));
            default ->
                event(
                    subject,
                    session,
                    new MessageAppended("msg" + i, Role.USER, "hello " + i, List.of(), null));
          });
    }
    return events;
  }
}
