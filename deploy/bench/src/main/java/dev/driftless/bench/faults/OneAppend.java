package dev.driftless.bench.faults;

import dev.driftless.bench.MadeUp;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.PatternLearned;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.MemoryLogConfig;
import dev.driftless.projectors.app.ProjectorsConfig;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@link Way#DRIFTLESS}: an event is appended, and again with the same id if that failed. */
final class OneAppend implements ActionWriter {

  private final MemoryLogConfig config;
  private @Nullable MemoryLog open;

  OneAppend(ProjectorsConfig servers) {
    String bootstrap = String.valueOf(servers.kafka().get("bootstrap.servers"));
    this.config =
        MemoryLogConfig.of(bootstrap, servers.registry().url()).withNames(servers.names());
  }

  @Override
  public void store(Action action) throws Exception {
    MemoryEvent event = event(action);
    Attempts.at(
        () -> {
          if (open == null) {
            open = MemoryLog.open(config);
          }
          open.append(event);
        });
  }

  static MemoryEvent event(Action action) {
    return MemoryEvent.newBuilder()
        .setEventId(action.id())
        .setOccurredAt(Instant.now().truncatedTo(ChronoUnit.MILLIS))
        .setTenant(Action.TENANT)
        .setSubject(action.subject())
        .setAgent(Action.AGENT)
        .setSession(action.session())
        .setPayload(payload(action))
        .build();
  }

  private static Object payload(Action action) {
    return switch (action.kind()) {
      case MEMORY ->
          new MemoryRecorded(
              action.id(),
              MemoryKind.SEMANTIC,
              action.text(),
              Map.of(),
              MadeUp.embedding(action.embedding()),
              null);
      case PATTERN -> new PatternLearned(action.id(), action.text(), 0.75, List.of());
    };
  }

  @Override
  public void close() {
    if (open != null) {
      open.close();
    }
  }
}
