package dev.driftless.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.driftless.producer.MemoryLog;
import dev.driftless.schemas.EventType;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code driftless publish}. */
@Command(
    name = "publish",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Appends events to the log.",
    footer = {
      "",
      "Publishing the same file again within the idempotency window (24 h) changes nothing but the audit.",
      "Exit code 0 only if every event was acknowledged."
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

  @Spec private CommandSpec spec = CommandSpec.create();

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

  @Option(names = "--json", description = "One JSON object as the last line of the output.")
  private boolean json;

  PublishCommand() {
    this(System.getenv(), System.in);
  }

  PublishCommand(Map<String, String> environment, InputStream stdin) {
    this.connection = new Connection(environment);
    this.stdin = stdin;
  }

  @Override
  public Integer call() {
    PrintWriter err = spec.commandLine().getErr();
    try (EventLines lines = lines();
        MemoryLog log = MemoryLog.open(connection.log())) {
      Publication.Summary summary =
          new Publication(
                  log,
                  line -> {
                    err.println(line);
                    err.flush();
                  })
              .publish(lines);
      print(summary);
      return summary.failure() == null ? 0 : 1;
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
    PrintWriter out = spec.commandLine().getOut();
    if (summary.failure() != null) {
      PrintWriter err = spec.commandLine().getErr();
      err.println(summary.failure());
      err.println(
          "stopped after %,d published events; publishing the file again is harmless"
              .formatted(summary.total()));
      err.flush();
    }
    if (json) {
      out.println(asJson(summary));
    } else {
      new TreeMap<>(summary.published())
          .forEach((type, count) -> out.println("%,9d  %s".formatted(count, type.label())));
      out.println(
          "%,9d  events published in %.1f s"
              .formatted(summary.total(), summary.took().toMillis() / 1000.0));
    }
    out.flush();
  }

  private static ObjectNode asJson(Publication.Summary summary) {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("published", summary.total());
    ObjectNode byType = node.putObject("byType");
    for (EventType type : EventType.values()) {
      byType.put(type.label(), summary.published().getOrDefault(type, 0L));
    }
    node.put("milliseconds", summary.took().toMillis());
    if (summary.failure() != null) {
      node.put("error", summary.failure());
    }
    return node;
  }
}
