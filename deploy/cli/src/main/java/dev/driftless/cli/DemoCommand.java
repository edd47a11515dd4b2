package dev.driftless.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.driftless.cli.PublishCommand.Format;
import dev.driftless.events.MemoryEvent;
import dev.driftless.producer.MemoryLog;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.ViewLag;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code driftless demo}. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Publishes a conversation, and shows what the five views make of it.",
    footer = {
      "",
      "Starts the local stack where it does not run, and leaves it running: driftless down stops it.",
      "Running it again changes nothing but the audit.",
      "Exit code 0 only if every event was acknowledged and every view has applied it."
    })
final class DemoCommand implements Callable<Integer> {

  private static final String SAMPLE = "sample-conversation.jsonl";
  private static final String SAMPLE_SEARCH = "Is there anything she must not eat?";

  @Mixin private HomeOption home;

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description = "What to publish instead of the sample conversation.")
  private @Nullable Path input;

  @Option(
      names = "--format",
      paramLabel = "events|openai-chat",
      defaultValue = "openai-chat",
      converter = FormatByLabel.class,
      description = "Of the file: one event a line, or one session a line (default).")
  private Format format = Format.OPENAI_CHAT;

  @Option(
      names = "--remember",
      paramLabel = "none|user|assistant|all",
      defaultValue = "user",
      description = "With openai-chat: whose messages are also recorded as memories; default user.")
  private Remember remember = Remember.USER;

  @Option(
      names = "--search",
      paramLabel = "TEXT",
      description = "What to search for by meaning. Default: the first memory in the file.")
  private @Nullable String search;

  @Mixin private Output output = new Output();

  DemoCommand() {
    this(System.getenv());
  }

  DemoCommand(Map<String, String> environment) {
    this.home = new HomeOption(environment);
  }

  /** What it took, and what is there now. */
  private record Outcome(
      Publication.Summary summary,
      Duration caughtUp,
      List<ViewLag> lags,
      Holdings holdings,
      Map<String, Duration> visible) {}

  @Override
  public Integer call() {
    FirstSeen seen = new FirstSeen(format());
    try (EventLines lines = lines(seen)) {
      Stack stack = home.stack();
      stack.up(output.progress());
      ProjectorsConfig config = stack.config();
      Outcome outcome = run(stack, config, lines);
      show(stack, config, seen, outcome);
      output.json(() -> json(outcome));
      return 0;
    }
  }

  private EventImport format() {
    return switch (format) {
      case EVENTS -> new EventsImport();
      case OPENAI_CHAT -> new OpenAiChatImport(remember, Clock.systemUTC());
    };
  }

  private EventLines lines(EventImport reader) {
    if (input != null) {
      return EventLines.open(input, reader);
    }
    InputStream sample = Objects.requireNonNull(DemoCommand.class.getResourceAsStream(SAMPLE));
    return new EventLines(SAMPLE, sample, reader);
  }

  private Outcome run(Stack stack, ProjectorsConfig config, EventLines lines) {
    try (MemoryLog log = MemoryLog.open(Connection.log(config));
        Lag lag = new Lag(config)) {
      long begin = System.nanoTime();
      Publication.Summary summary = new Publication(log, false, output::say).publish(lines);
      if (summary.failure() != null) {
        throw new IllegalStateException(summary.failure());
      }
      new CatchUp(stack, lag, output.progress()).await(lag.logEnds());
      Duration caughtUp = Duration.ofNanos(System.nanoTime() - begin);
      Holdings holdings = Holdings.count(config);
      List<ViewLag> lags = lag.read();
      Map<String, Duration> visible = new LoneEvent(log, lag).publish();
      return new Outcome(summary, caughtUp, lags, holdings, visible);
    }
  }

  private void show(Stack stack, ProjectorsConfig config, FirstSeen seen, Outcome outcome) {
    PrintWriter out = output.people();
    out.println(
        "published %,d events in %s; all views have applied them after %s"
            .formatted(
                outcome.summary().total(),
                seconds(outcome.summary().took()),
                seconds(outcome.caughtUp())));
    MemoryEvent event = seen.subject();
    if (event != null) {
      tour(config, event, searchText(seen), outcome.holdings(), out);
    }
    out.println();
    Table table = new Table("view", "applied", "lag", "rows", "publish to visible");
    for (ViewLag lag : outcome.lags()) {
      table.row(
          lag.view(),
          lag.applied(),
          lag.events(),
          outcome.holdings().rows(lag.view()),
          "%,d ms".formatted(visible(outcome, lag.view()).toMillis()));
    }
    table.print(out);
    out.println(
        "(publish to visible: of one event alone, until the view's stored position is beyond it)");
    out.println();
    out.println(
        "The stack keeps running, with its data in %s: driftless status shows it, driftless down stops it."
            .formatted(stack.servers().home()));
  }

  private static void tour(
      ProjectorsConfig config,
      MemoryEvent event,
      String search,
      Holdings holdings,
      PrintWriter out) {
    out.println(
        "what the views hold of all, and then of subject %s of tenant %s:"
            .formatted(event.getSubject(), event.getTenant()));
    Tour tour = new Tour(config, holdings, event.getTenant(), event.getSubject(), out);
    tour.relational();
    if (!search.isBlank()) {
      tour.vector(search);
    }
    tour.cache();
    tour.context();
    tour.audit();
  }

  private String searchText(FirstSeen seen) {
    if (search != null) {
      return search;
    }
    return input == null ? SAMPLE_SEARCH : Objects.requireNonNullElse(seen.text(), "");
  }

  private static ObjectNode json(Outcome outcome) {
    ObjectNode node = Output.object();
    node.put("published", outcome.summary().total());
    node.put("publishMilliseconds", outcome.summary().took().toMillis());
    node.put("caughtUpMilliseconds", outcome.caughtUp().toMillis());
    node.put("subjects", outcome.holdings().subjects());
    ObjectNode views = node.putObject("views");
    for (ViewLag lag : outcome.lags()) {
      ObjectNode view = views.putObject(lag.view());
      view.put("applied", lag.applied());
      view.put("lag", lag.events());
      view.put("rows", outcome.holdings().rows(lag.view()));
      view.put("visibleMilliseconds", visible(outcome, lag.view()).toMillis());
      outcome.holdings().tables(lag.view()).forEach(view.putObject("tables")::put);
    }
    return node;
  }

  private static Duration visible(Outcome outcome, String view) {
    return outcome.visible().getOrDefault(view, Duration.ZERO);
  }

  private static String seconds(Duration duration) {
    return "%.1f s".formatted(duration.toMillis() / 1000.0);
  }
}
