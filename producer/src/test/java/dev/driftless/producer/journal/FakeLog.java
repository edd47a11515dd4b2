package dev.driftless.producer.journal;

import dev.driftless.events.CheckpointSaved;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.producer.Receipt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A log in memory with a view that is never behind, and a lock that can be lost. */
final class FakeLog implements SessionStore {

  static final AgentSession SESSION = new AgentSession("acme", "mia", "booker", "s1");

  /** What is in the log, as {@code kind id}. */
  final List<String> written = new ArrayList<>();

  final List<MemoryEvent> events = new ArrayList<>();

  /** The next event that it holds for is not written. */
  Predicate<Object> refuses = payload -> false;

  boolean lockLost;

  private boolean locked;

  ToolCallJournal journal() {
    return new ToolCallJournal(this::append, this, SESSION);
  }

  private Receipt append(MemoryEvent event) {
    Object payload = event.getPayload();
    if (refuses.test(payload)) {
      refuses = p -> false;
      throw new IllegalStateException("no broker answers");
    }
    events.add(event);
    written.add(payload.getClass().getSimpleName().replace("ToolCall", "") + " " + id(payload));
    return new Receipt("log", 0, events.size() - 1L);
  }

  @Override
  public SessionState read(@Nullable String saga, Duration timeout) {
    Map<String, ToolCall> calls = new LinkedHashMap<>();
    List<ToolCall> before = new ArrayList<>();
    Checkpoint checkpoint = null;
    Set<String> seen = new HashSet<>();
    for (MemoryEvent event : events) {
      if (!seen.add(event.getEventId())) {
        continue;
      }
      if (event.getPayload() instanceof CheckpointSaved saved) {
        checkpoint = new Checkpoint(saved.getStep(), saved.getState());
        before.addAll(calls.values());
        calls.clear();
      } else {
        ToolCall call = fold(event, calls);
        calls.remove(call.id());
        before.removeIf(older -> older.id().equals(call.id()));
        calls.put(call.id(), call);
      }
    }
    return new SessionState(before, Optional.ofNullable(checkpoint), List.copyOf(calls.values()));
  }

  private static ToolCall fold(MemoryEvent event, Map<String, ToolCall> calls) {
    Object payload = event.getPayload();
    ToolCall known = calls.get(id(payload));
    if (payload instanceof ToolCallIntended p) {
      return ToolCall.intended(p.getToolCallId(), p.getTool(), p.getArguments(), event.getAgent());
    } else if (payload instanceof ToolCallCompleted p) {
      return ToolCall.intended(p.getToolCallId(), p.getTool(), p.getArguments(), event.getAgent())
          .completed(p.getResult());
    } else if (payload instanceof ToolCallFailed p && known != null) {
      return known.failed(p.getError());
    } else if (payload instanceof ToolCallCompensated p && known != null) {
      return known.compensated(p.getCompensation());
    }
    throw new IllegalStateException("an outcome without an intent: " + id(payload));
  }

  private static String id(Object payload) {
    if (payload instanceof ToolCallIntended p) {
      return p.getToolCallId();
    } else if (payload instanceof ToolCallCompleted p) {
      return p.getToolCallId();
    } else if (payload instanceof ToolCallFailed p) {
      return p.getToolCallId();
    } else if (payload instanceof ToolCallCompensated p) {
      return p.getToolCallId();
    }
    return ((CheckpointSaved) payload).getStep();
  }

  @Override
  public Lock lock() {
    if (locked) {
      throw new SessionLockException("held", null);
    }
    locked = true;
    return new Lock() {
      private boolean closed;

      @Override
      public void check() {
        if (lockLost || closed) {
          throw new SessionLockException("lost", null);
        }
      }

      @Override
      public void close() {
        if (!closed) {
          closed = true;
          locked = false;
        }
      }
    };
  }
}
