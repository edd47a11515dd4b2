package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.cache.CacheReader;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code driftless show cache}. */
@Command(
    name = "cache",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "The hot state of a subject: live sessions, memories and patterns (cache view).")
final class ShowCacheCommand implements Runnable {

  @Mixin private final Connection connection;
  @Mixin private final Subject subject = new Subject();

  @Option(
      names = "--session",
      paramLabel = "ID",
      description = "Only this session, with its messages and open tool calls.")
  private @Nullable String session;

  @Mixin private final Limit limit = new Limit();
  @Mixin private final Output output = new Output();

  ShowCacheCommand(Map<String, String> environment) {
    this.connection = new Connection(environment);
  }

  /** A session that is going on, with what belongs to it. */
  private record LiveSession(
      CacheReader.Session session,
      List<CacheReader.Message> messages,
      List<CacheReader.OpenToolCall> openToolCalls) {}

  @Override
  public void run() {
    ProjectorsConfig config = connection.config();
    try (CacheReader reader = CacheReader.open(config.names(), config.cache())) {
      List<LiveSession> sessions = sessions(reader);
      if (session != null) {
        showSession(sessions);
        return;
      }
      showAll(
          sessions,
          atMost(reader.memories(subject.tenant(), subject.subject())),
          atMost(reader.patterns(subject.tenant(), subject.subject())));
    }
  }

  private List<LiveSession> sessions(CacheReader reader) {
    String tenant = subject.tenant();
    String of = subject.subject();
    List<CacheReader.Session> live =
        reader.sessions(tenant, of).stream()
            .filter(s -> session == null || s.session().equals(session))
            .toList();
    return atMost(live).stream()
        .map(
            s ->
                new LiveSession(
                    s,
                    reader.messages(tenant, of, s.session()),
                    reader.openToolCalls(tenant, of, s.session())))
        .toList();
  }

  private <T> List<T> atMost(List<T> rows) {
    return rows.subList(0, Math.min(rows.size(), limit.rows()));
  }

  private void showSession(List<LiveSession> sessions) {
    if (output.isJson()) {
      output.json(Map.of("sessions", sessions));
      return;
    }
    printSessions(sessions);
    for (LiveSession s : sessions) {
      List<CacheReader.Message> messages = s.messages();
      printMessages(messages.subList(Math.max(0, messages.size() - limit.rows()), messages.size()));
      printOpenToolCalls(atMost(s.openToolCalls()));
    }
  }

  private void showAll(
      List<LiveSession> sessions,
      List<CacheReader.LiveMemory> memories,
      List<CacheReader.Pattern> patterns) {
    if (output.isJson()) {
      output.json(Map.of("sessions", sessions, "memories", memories, "patterns", patterns));
      return;
    }
    printSessions(sessions);
    printMemories(memories);
    printPatterns(patterns);
  }

  private void printSessions(List<LiveSession> sessions) {
    output.table(
        "live sessions",
        sessions,
        new Table("session", "agent", "last activity", "expires at", "messages", "open tool calls"),
        s ->
            Output.cells(
                s.session().session(),
                s.session().agent(),
                s.session().lastActivityAt(),
                s.session().expiresAt(),
                s.messages().size(),
                s.openToolCalls().size()));
  }

  private void printMessages(List<CacheReader.Message> messages) {
    output.table(
        "messages",
        messages,
        new Table("message", "role", "content"),
        m -> Output.cells(m.messageId(), m.role().toLowerCase(Locale.ROOT), m.content()));
  }

  private void printOpenToolCalls(List<CacheReader.OpenToolCall> calls) {
    output.table(
        "open tool calls",
        calls,
        new Table("tool call", "tool", "intended at", "arguments"),
        c -> Output.cells(c.toolCallId(), c.tool(), c.intendedAt(), c.arguments()));
  }

  private void printMemories(List<CacheReader.LiveMemory> memories) {
    output.table(
        "live memories",
        memories,
        new Table("memory", "kind", "recorded at", "expires at", "text"),
        m ->
            Output.cells(
                m.memoryId(),
                m.kind().toLowerCase(Locale.ROOT),
                m.recordedAt(),
                m.expiresAt(),
                m.text()));
  }

  private void printPatterns(List<CacheReader.Pattern> patterns) {
    output.table(
        "patterns",
        patterns,
        new Table("pattern", "confidence", "learned", "statement"),
        p ->
            Output.cells(
                p.patternId(),
                "%.2f".formatted(p.confidence()),
                p.reinforcements(),
                p.statement()));
  }
}
