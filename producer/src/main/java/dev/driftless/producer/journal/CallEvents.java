package dev.driftless.producer.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.events.CheckpointSaved;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The events of one attempt at a call: an intent, and what came of it.
 *
 * @param base of the event ids; an event that has the id of an earlier one changes nothing
 * @param saga the call is part of, as correlation id; null if of none
 */
record CallEvents(AgentSession session, UUID base, @Nullable String saga, ToolCall call) {

  private static final int MAX_ERROR_CHARACTERS = 4_000;

  /** Of a call that is part of no saga. */
  static CallEvents unique(AgentSession session, ToolCall call) {
    return new CallEvents(session, UUID.randomUUID(), null, call);
  }

  /**
   * Of a step. Its attempts share no event ids: whatever was recorded of an earlier one, the intent
   * of the next opens the call again, and what came of that is told.
   */
  static CallEvents ofStep(AgentSession session, String saga, ToolCall step) {
    return new CallEvents(session, UUID.randomUUID(), saga, step);
  }

  /**
   * Of a saga itself. It begins, is decided on and ends once, so its events have the same ids
   * whoever appends them: a process that lost the session cannot begin it anew.
   */
  static CallEvents ofSaga(AgentSession session, ToolCall saga) {
    String whole = String.join("\0", session.session(), saga.id());
    UUID base = UUID.nameUUIDFromBytes(whole.getBytes(UTF_8));
    return new CallEvents(session, base, saga.id(), saga);
  }

  static MemoryEvent checkpoint(AgentSession session, String step, String state) {
    return envelope(session)
        .setEventId(UUID.randomUUID().toString())
        .setPayload(new CheckpointSaved(step, state))
        .build();
  }

  MemoryEvent intended() {
    return event("intended", new ToolCallIntended(call.id(), call.tool(), call.arguments()));
  }

  MemoryEvent completed(String result) {
    return event(
        "completed", new ToolCallCompleted(call.id(), call.tool(), call.arguments(), text(result)));
  }

  MemoryEvent failed(String error) {
    return event(
        "failed", new ToolCallFailed(call.id(), call.tool(), call.arguments(), cut(text(error))));
  }

  MemoryEvent compensated(String compensation) {
    return event(
        "compensated",
        new ToolCallCompensated(call.id(), call.tool(), call.arguments(), text(compensation)));
  }

  private MemoryEvent event(String kind, Object payload) {
    return envelope(session)
        .setEventId(base + "-" + kind)
        .setCorrelationId(saga)
        .setPayload(payload)
        .build();
  }

  private static MemoryEvent.Builder envelope(AgentSession session) {
    return MemoryEvent.newBuilder()
        .setOccurredAt(Instant.now())
        .setTenant(session.tenant())
        .setSubject(session.subject())
        .setAgent(session.agent())
        .setSession(session.session());
  }

  /**
   * What a tool returns or throws comes from anywhere; it must not keep the outcome out of the log,
   * which holds no null, no NUL and no half of a surrogate pair.
   */
  static String text(@Nullable String outcome) {
    return outcome == null ? "" : new String(outcome.getBytes(UTF_8), UTF_8).replace('\0', ' ');
  }

  private static String cut(String error) {
    int end = Math.min(error.length(), MAX_ERROR_CHARACTERS);
    boolean splits = end < error.length() && Character.isHighSurrogate(error.charAt(end - 1));
    return error.substring(0, splits ? end - 1 : end);
  }
}
