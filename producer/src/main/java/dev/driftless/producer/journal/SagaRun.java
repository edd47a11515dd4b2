package dev.driftless.producer.journal;

import dev.driftless.producer.journal.ToolCall.Status;
import dev.driftless.producer.journal.ToolCallJournal.Ended;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One process's part in a saga. For one thread. */
final class SagaRun {

  private static final Logger LOG = LoggerFactory.getLogger(SagaRun.class);

  private final Saga saga;
  private final Recovery recovery;
  private final ToolCallJournal journal;

  /** What the log holds of the saga and its steps, by call id. */
  private final Map<String, ToolCall> calls = new HashMap<>();

  private final Map<String, String> results = new LinkedHashMap<>();
  private final List<Exception> failures = new ArrayList<>();

  SagaRun(Saga saga, Recovery recovery) {
    this.saga = saga;
    this.recovery = recovery;
    this.journal = recovery.journal();
    recovery
        .read(saga.id())
        .calls()
        .filter(call -> call.id().equals(saga.id()) || Saga.isStepOf(saga.id(), call))
        .map(call -> call.id().equals(saga.id()) ? call : happened(call))
        .forEach(this::put);
    ToolCall self = calls.get(saga.id());
    if (self != null && !self.arguments().equals(saga.names())) {
      throw new IllegalArgumentException(
          "saga %s was begun with the steps %s, not %s"
              .formatted(saga.id(), self.arguments(), saga.names()));
    }
  }

  Map<String, String> run() {
    ToolCall self = calls.get(saga.id());
    if (self == null) {
      self = ToolCall.intended(saga.id(), Saga.TOOL, saga.names(), journal.session().agent());
      recovery.check();
      journal.append(events(self).intended());
      put(self);
    }
    if (self.is(Status.FAILED) || self.is(Status.COMPENSATED)) {
      throw failed(undo(), null);
    }
    for (SagaStep step : saga.steps()) {
      Failure failure = advance(step);
      if (failure != null) {
        decideToUndo(failure.why);
        throw failed(undo(), failure.cause);
      }
    }
    if (self.is(Status.INTENDED)) {
      recovery.check();
      journal.append(events(self).completed(saga.names()));
    }
    return Collections.unmodifiableMap(results);
  }

  List<String> compensate(String why) {
    ToolCall self = calls.get(saga.id());
    if (self == null) {
      return List.of();
    }
    if (self.is(Status.INTENDED) || self.is(Status.COMPLETED)) {
      decideToUndo(why);
    }
    List<String> standing = undo();
    if (!standing.isEmpty()) {
      throw failed(standing, null);
    }
    return undone();
  }

  /** Why the saga cannot go on. */
  private record Failure(String why, @Nullable Exception cause) {}

  private @Nullable Failure advance(SagaStep step) {
    ToolCall call = calls.get(Saga.stepId(saga.id(), step.name()));
    if (call == null) {
      return attempt(
          step,
          step.call(saga.id(), Collections.unmodifiableMap(results), journal.session().agent()));
    }
    if (call.is(Status.INTENDED)) {
      return goOn(step, call);
    }
    if (call.is(Status.COMPLETED)) {
      results.put(step.name(), String.valueOf(call.result()));
      return null;
    }
    return new Failure("step %s had failed".formatted(step.name()), null);
  }

  /** A step that was cut short. */
  private @Nullable Failure goOn(SagaStep step, ToolCall call) {
    if (step.check() != null) {
      Optional<String> found;
      try {
        recovery.check();
        found = step.check().check(call);
      } catch (SessionLockException e) {
        throw e;
      } catch (Exception e) {
        if (e instanceof InterruptedException) {
          Thread.currentThread().interrupt();
        }
        throw new UnknownOutcomeException(
            "saga %s: whether step %s happened cannot be told now; run it again"
                .formatted(saga.id(), step.name()),
            e);
      }
      if (found.isPresent()) {
        recovery.check();
        String result = CallEvents.text(found.get());
        journal.append(events(call).completed(result));
        put(call.completed(result));
        results.put(step.name(), result);
        return null;
      }
    } else if (!step.isRepeatable()) {
      return new Failure(
          "step %s may have happened, and nothing tells".formatted(step.name()), null);
    }
    return attempt(step, call);
  }

  private @Nullable Failure attempt(SagaStep step, ToolCall call) {
    Ended ended = recovery.perform(events(call), () -> step.run().apply(call));
    switch (ended.status()) {
      case COMPLETED -> {
        put(call.completed(ended.result()));
        results.put(step.name(), ended.result());
        return null;
      }
      case FAILED -> put(call.failed(""));
      case INTENDED, COMPENSATED -> put(call);
    }
    if (ended.failure() instanceof InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnknownOutcomeException(
          "saga %s: interrupted in step %s".formatted(saga.id(), step.name()), e);
    }
    return new Failure("step %s failed".formatted(step.name()), ended.failure());
  }

  /** From here on nobody goes forward any more. */
  private void decideToUndo(String why) {
    ToolCall self = calls.get(saga.id());
    if (self != null) {
      recovery.check();
      journal.append(events(self).failed(why));
      put(self.failed(why));
    }
  }

  /**
   * Undoes what stands, the last step first. A step may rest on those before it, so the first that
   * cannot be undone ends it.
   *
   * @return the steps that are not undone, the last one first
   */
  private List<String> undo() {
    List<String> standing = new ArrayList<>();
    for (int i = saga.steps().size() - 1; i >= 0; i--) {
      SagaStep step = saga.steps().get(i);
      ToolCall call = calls.get(Saga.stepId(saga.id(), step.name()));
      if (call == null || call.is(Status.FAILED) || call.is(Status.COMPENSATED)) {
        continue;
      }
      if (!standing.isEmpty() || !isUndone(step, call)) {
        standing.add(step.name());
      }
    }
    ToolCall self = calls.get(saga.id());
    if (standing.isEmpty() && self != null && self.is(Status.FAILED)) {
      recovery.check();
      journal.append(events(self).compensated(undone().toString()));
      put(self.compensated(""));
    }
    return standing;
  }

  private boolean isUndone(SagaStep step, ToolCall call) {
    long pauseMs = saga.backoff().toMillis();
    for (int attempt = 1; true; attempt++) {
      recovery.check();
      try {
        undo(step, call);
        return true;
      } catch (OutcomeNotRecordedException | SessionLockException e) {
        throw e;
      } catch (InterruptedException e) {
        failures.add(e);
        Thread.currentThread().interrupt();
        return false;
      } catch (Exception e) {
        failures.add(e);
        LOG.warn(
            "compensation failed saga={} step={} attempt={} of={} error={}",
            saga.id(),
            step.name(),
            attempt,
            saga.attempts(),
            e.getClass().getName());
        if (attempt == saga.attempts() || !paused(pauseMs)) {
          return false;
        }
        pauseMs *= 2;
      }
    }
  }

  private void undo(SagaStep step, ToolCall call) throws Exception {
    ToolCall known = call;
    if (call.is(Status.INTENDED) && step.check() != null) {
      Optional<String> found = step.check().check(call);
      recovery.check();
      if (found.isEmpty()) {
        String error = "cut short, and it did not happen";
        journal.append(events(call).failed(error));
        put(call.failed(error));
        return;
      }
      known = call.completed(found.get());
    }
    if (step.undo() == null) {
      if (call.is(Status.INTENDED)) {
        journal.append(events(call).compensated("nothing to undo"));
        put(call.compensated("nothing to undo"));
      }
      return;
    }
    String compensation = CallEvents.text(step.undo().apply(known));
    journal.record(
        events(call).compensated(compensation),
        "the compensation of step " + step.name(),
        call,
        compensation);
    put(known.compensated(compensation));
  }

  private SagaFailedException failed(List<String> standing, @Nullable Exception cause) {
    SagaFailedException failed =
        new SagaFailedException(saga.id(), undone(), standing, withoutUndo(standing), cause);
    failures.forEach(failed::addSuppressed);
    return failed;
  }

  /** The last step first. */
  private List<String> undone() {
    List<String> undone = new ArrayList<>();
    for (SagaStep step : saga.steps()) {
      ToolCall call = calls.get(Saga.stepId(saga.id(), step.name()));
      if (call != null && call.is(Status.COMPENSATED) && step.undo() != null) {
        undone.add(0, step.name());
      }
    }
    return undone;
  }

  /** The others that happened, or may have, and that nothing undoes; the last step first. */
  private List<String> withoutUndo(List<String> standing) {
    List<String> withoutUndo = new ArrayList<>();
    for (SagaStep step : saga.steps()) {
      ToolCall call = calls.get(Saga.stepId(saga.id(), step.name()));
      if (call != null
          && !call.is(Status.FAILED)
          && step.undo() == null
          && !standing.contains(step.name())) {
        withoutUndo.add(0, step.name());
      }
    }
    return withoutUndo;
  }

  /** A step that has a result happened, though a process that lost the session failed it later. */
  private static ToolCall happened(ToolCall step) {
    return step.is(Status.FAILED) && step.result() != null ? step.completed(step.result()) : step;
  }

  private static boolean paused(long ms) {
    try {
      Thread.sleep(ms);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private CallEvents events(ToolCall call) {
    return call.id().equals(saga.id())
        ? CallEvents.ofSaga(journal.session(), call)
        : CallEvents.ofStep(journal.session(), saga.id(), call);
  }

  private void put(ToolCall call) {
    calls.put(call.id(), call);
  }
}
