package dev.driftless.projectors.cache;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.Batch;
import dev.driftless.projectors.LogRecord;
import dev.driftless.schemas.Names;
import dev.driftless.schemas.SubjectKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The events of batches of different partitions as calls of {@code apply.lua}, in pipelines to be
 * run one after the other.
 *
 * <p>A pipeline holds at most one call for each subject. Two calls of one subject must not be under
 * way together: if the first failed and the second did not, {@code applied} would pass over the
 * first one's events.
 */
final class Pipelines {

  /** No script holds the server up for more than some milliseconds. */
  private static final int MAX_EVENTS_PER_CALL = 500;

  private static final int MAX_CALLS_PER_PIPELINE = 1_000;
  private static final int MAX_WRITES_PER_PIPELINE = 20_000;

  private final Names names;
  private final Map<SubjectKey, Integer> events = new HashMap<>();
  private final List<Map<SubjectKey, SubjectCall>> rounds = new ArrayList<>();

  Pipelines(Names names) {
    this.names = names;
  }

  /** Adds what an event of the batch writes; in offset order. */
  void add(Batch batch, LogRecord record, List<Write> writes) {
    if (writes.isEmpty()) {
      return;
    }
    MemoryEvent event = record.event();
    SubjectKey subject = new SubjectKey(event.getTenant(), event.getSubject());
    int round = (events.merge(subject, 1, Integer::sum) - 1) / MAX_EVENTS_PER_CALL;
    if (round == rounds.size()) {
      rounds.add(new LinkedHashMap<>());
    }
    rounds.get(round).computeIfAbsent(subject, s -> call(batch, s)).add(record.offset(), writes);
  }

  List<List<ScriptCall>> inOrder() {
    List<List<ScriptCall>> pipelines = new ArrayList<>();
    rounds.forEach(round -> split(round.values(), pipelines));
    return pipelines;
  }

  /** Adds these calls in pipelines that a server answers in time. */
  static void split(Collection<SubjectCall> round, List<List<ScriptCall>> pipelines) {
    List<ScriptCall> pipeline = new ArrayList<>();
    int writes = 0;
    for (SubjectCall call : round) {
      if (pipeline.size() == MAX_CALLS_PER_PIPELINE || writes >= MAX_WRITES_PER_PIPELINE) {
        pipelines.add(pipeline);
        pipeline = new ArrayList<>();
        writes = 0;
      }
      pipeline.add(call.call());
      writes += call.writes();
    }
    if (!pipeline.isEmpty()) {
      pipelines.add(pipeline);
    }
  }

  private SubjectCall call(Batch batch, SubjectKey subject) {
    return new SubjectCall(
        List.of(
            CacheKeys.position(names, batch.partition()),
            CacheKeys.of(names, subject.tenant(), subject.subject()).applied()),
        batch.epoch(),
        batch.from());
  }
}
