package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.relational.RelationalReader.Knowledge;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code driftless as-of}. */
@Command(
    name = "as-of",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "What an agent knew of a subject at a time of the log, or just after an event"
            + " (relational view).")
final class AsOfCommand implements Runnable {

  @Mixin private final Connection connection;

  @ArgGroup(multiplicity = "1")
  private Moment moment = new Moment();

  @Mixin private final Subject whose = new Subject();
  @Mixin private final Output output = new Output();

  /** One of the two. */
  static final class Moment {

    @Parameters(
        paramLabel = "TIME",
        converter = LogTime.class,
        description = "When the broker appended the last event that counts, as 2026-05-01T15:00Z.")
    private @Nullable Instant time;

    @Option(
        names = "--receipt",
        paramLabel = "RECEIPT",
        converter = LogPosition.Parser.class,
        description = "Of the last event that counts, or its partition and offset, as 3:1042.")
    private @Nullable LogPosition receipt;
  }

  AsOfCommand(Map<String, String> environment) {
    this.connection = new Connection(environment);
  }

  @Override
  public void run() {
    ProjectorsConfig config = connection.config();
    try (PastReader past = new PastReader(config)) {
      Knowledge known =
          moment.receipt == null
              ? past.at(whose.tenant(), whose.subject(), Objects.requireNonNull(moment.time))
              : past.after(whose.tenant(), whose.subject(), moment.receipt);
      if (output.isJson()) {
        output.json(
            Map.of(
                "memories", known.memories(),
                "sessions", known.sessions(),
                "messages", known.messages(),
                "toolCalls", known.toolCalls()));
      } else {
        print(known);
      }
    }
  }

  private void print(Knowledge known) {
    output.table(
        "memories",
        known.memories(),
        new Table("memory", "kind", "valid from", "expires at", "text"),
        m ->
            Output.cells(
                m.memoryId(),
                m.kind().toLowerCase(Locale.ROOT),
                m.validFrom(),
                m.expiresAt(),
                m.text()));
    output.table(
        "sessions",
        known.sessions(),
        new Table("session", "agent", "started at", "ended at", "reason"),
        s -> Output.cells(s.session(), s.agent(), s.startedAt(), s.endedAt(), s.endReason()));
    output.table(
        "messages",
        known.messages(),
        new Table("session", "message", "appended at", "role", "content"),
        m ->
            Output.cells(
                m.session(),
                m.messageId(),
                m.appendedAt(),
                m.role().toLowerCase(Locale.ROOT),
                ShowMessagesCommand.content(m)));
    output.table(
        "tool calls",
        known.toolCalls(),
        new Table("session", "tool call", "tool", "status", "arguments", "what came of it"),
        c ->
            Output.cells(
                c.session(),
                c.toolCallId(),
                c.tool(),
                c.status().toLowerCase(Locale.ROOT),
                c.arguments(),
                ShowToolCallsCommand.outcome(c)));
  }
}
