package dev.driftless.producer.journal;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the log says of a session.
 *
 * @param before calls whose last event is older than the checkpoint, as far as they matter: open
 *     ones, sagas, and the steps of the saga that was asked for
 * @param since calls with a newer one; all of them if there is no checkpoint. Both in the order of
 *     their last event
 */
record SessionState(List<ToolCall> before, Optional<Checkpoint> checkpoint, List<ToolCall> since) {

  static final SessionState EMPTY = new SessionState(List.of(), Optional.empty(), List.of());

  Stream<ToolCall> calls() {
    return Stream.concat(before.stream(), since.stream());
  }
}
