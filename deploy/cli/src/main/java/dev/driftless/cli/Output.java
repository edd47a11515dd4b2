package dev.driftless.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.driftless.local.Progress;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Where a command's words go: the answer to the standard output, progress to the standard error
 * output. With {@code --json} the answer is one object on the last line of the standard output, and
 * what is meant for people goes to the standard error output too.
 */
final class Output {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .build();

  @Option(names = "--json", description = "One JSON object as the last line of the output.")
  private boolean json;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  boolean isJson() {
    return json;
  }

  /** For people. */
  PrintWriter people() {
    return json ? spec.commandLine().getErr() : spec.commandLine().getOut();
  }

  /** One line at a time, seen at once. */
  Progress progress() {
    return this::say;
  }

  /** A line for people that is no part of the answer. */
  void say(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(line);
    err.flush();
  }

  /** The answer for programs, if they asked. The last word of a command. */
  void json(Supplier<ObjectNode> object) {
    people().flush();
    if (json) {
      spec.commandLine().getOut().println(object.get());
      spec.commandLine().getOut().flush();
    }
  }

  /** As {@link #json(Supplier)}; records become objects, and times ISO-8601. */
  void json(Map<String, ?> answer) {
    json(() -> JSON.valueToTree(answer));
  }

  /** Rows of one kind as the whole answer: {@code {"name": […]}}, or a table. */
  <T> void list(String name, List<T> rows, Table table, Function<T, @Nullable Object[]> cells) {
    if (json) {
      json(Map.of(name, rows));
    } else if (rows.isEmpty()) {
      say("no " + name.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT));
    } else {
      print(rows, table, cells);
    }
  }

  /** Rows as one of several tables for people, under its name. */
  <T> void table(String name, List<T> rows, Table table, Function<T, @Nullable Object[]> cells) {
    people().println(rows.isEmpty() ? "no " + name : name + ":");
    if (!rows.isEmpty()) {
      print(rows, table, cells);
    }
    people().println();
    people().flush();
  }

  private <T> void print(List<T> rows, Table table, Function<T, @Nullable Object[]> cells) {
    rows.forEach(row -> table.row(cells.apply(row)));
    table.print(people());
  }

  /** The cells of a row, in the order of its table's headings. */
  static @Nullable Object[] cells(@Nullable Object... cells) {
    return cells;
  }

  /** A cell that holds a time span. */
  static String seconds(Duration span) {
    return seconds(span.toMillis() / 1000.0);
  }

  /** As {@link #seconds(Duration)}. */
  static String seconds(double seconds) {
    return "%,.1f s".formatted(seconds);
  }

  static ObjectNode object() {
    return new ObjectMapper().createObjectNode();
  }
}
