package dev.driftless.cli;

import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.Receipt;
import dev.driftless.projectors.app.Failure;
import dev.driftless.schemas.EventType;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code driftless publish}. */
@Command(
    name = "publish",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Appends events to the log.",
    footer = {
      "",
      "Publishing the same file again within the idempotency window (24 h) changes nothing but the audit.",
      "A receipt is of the last event in its partition: 'driftless await' waits for it.",
      "Exit code 0 only if every event was acknowledged, and is visible where that was asked for."
    })
final class PublishCommand implements Callable<Integer> {

  /** As users write it: picocli takes enum constants without regard to case. */
  enum Format {
    EVENTS("events"),
    OPENAI_CHAT("openai-chat");

    private final String label;

    Format(String label) {
      this.label = label;
    }

    @Override
    public String toString() {
      return label;
    }
  }

  private final InputStream stdin;

  @Mixin private Connection connection;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = "-",
      description = "One JSON object a line; - is the standard input (default).")
  private String file = "-";

  @Option(
      names = "--format",
      paramLabel = "events|openai-chat",
      defaultValue = "events",
      converter = FormatByLabel.class,
      description = "events: one event a line. openai-chat: one session a line.")
  private Format format = Format.EVENTS;

  @Option(
      names = "--remember",
      paramLabel = "none|user|assistant|all",
      defaultValue = "none",
      description = "With openai-chat: whose messages are also recorded as episodic memories.")
  private Remember remember = Remember.NONE;

  @Option(
      names = "--wait",
      paramLabel = "VIEW",
      split = ",",
      converter = ViewByName.class,
      description =
          "Return when this view shows the events: relational, vector, cache, context or audit; may be repeated.")
  private List<String> views = List.of();

  @Mixin private Patience patience = new Patience();

  @Mixin private final Output output = new Output();

  PublishCommand() {
    this(System.getenv(), System.in);
  }

  PublishCommand(Map<String, String> environment, InputStream stdin) {
    this.connection = new Connection(environment);
    this.stdin = stdin;
  }

  @Override
  public Integer call() {
    try (EventLines lines = lines();
        MemoryLog log = MemoryLog.open(connection.log())) {
      Publication.Summary summary =
          new Publication(log, !views.isEmpty(), output::say).publish(lines);
      print(summary);
      String problem = summary.failure();
      Duration visibleAfter = null;
      if (problem == null && !views.isEmpty()) {
        try {
          visibleAfter = patience.await(log, summary.receipts(), views, output);
        } catch (RuntimeException e) { // the events are in the log all the same
          problem = Failure.line(e);
          output.say(problem);
        }
      }
      output.json(asJson(summary, visibleAfter, problem));
      return problem == null ? 0 : 1;
    }
  }

  private EventLines lines() {
    EventImport reader =
        switch (format) {
          case EVENTS -> new EventsImport();
          case OPENAI_CHAT -> new OpenAiChatImport(remember, Clock.systemUTC());
        };
    return file.equals("-")
        ? new EventLines("standard input", stdin, reader)
        : EventLines.open(Path.of(file), reader);
  }

  private void print(Publication.Summary summary) {
    if (summary.failure() != null) {
      output.say(summary.failure());
      output.say(
          "stopped after %,d published events; publishing the file again is harmless"
              .formatted(summary.total()));
    }
    PrintWriter out = output.people();
    new TreeMap<>(summary.published())
        .forEach((type, count) -> out.println("%,9d  %s".formatted(count, type.label())));
    out.println(
        "%,9d  events published in %s".formatted(summary.total(), Output.seconds(summary.took())));
    summary.last().forEach(receipt -> out.println("receipt: " + receipt.token()));
    out.flush();
  }

  private static Map<String, Object> asJson(
      Publication.Summary summary, @Nullable Duration visibleAfter, @Nullable String problem) {
    Map<String, Long> byType = new LinkedHashMap<>();
    for (EventType type : EventType.values()) {
      byType.put(type.label(), summary.published().getOrDefault(type, 0L));
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("published", summary.total());
    answer.put("byType", byType);
    answer.put("milliseconds", summary.took().toMillis());
    answer.put("receipts", summary.last().stream().map(Receipt::token).toList());
    if (visibleAfter != null) {
      answer.put("visibleMilliseconds", visibleAfter.toMillis());
    }
    if (problem != null) {
      answer.put("error", problem);
    }
    return answer;
  }
}
