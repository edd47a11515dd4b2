package dev.driftless.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.driftless.local.LocalProgram;
import dev.driftless.local.ServerStatus;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.projectors.runtime.ViewControls;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.ViewLag;
import dev.driftless.reconciler.ViewLag.PartitionLag;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a local stack is doing at one moment. */
record StackStatus(String home, List<Program> programs, List<View> views) {

  /**
   * A server, or the projectors.
   *
   * @param address empty if it has none
   */
  record Program(String name, ServerStatus.State state, String address, OptionalLong pid) {}

  /**
   * @param spare its generation beside the one that readers see; null if there is none
   * @param reason why it is not kept, or its lag not known; null if all is well
   */
  record View(
      String name,
      ViewState state,
      ViewLag lag,
      @Nullable SpareGeneration spare,
      @Nullable String reason) {

    View(String name, ViewState state, ViewLag lag, @Nullable String reason) {
      this(name, state, lag, null, reason);
    }

    View with(@Nullable SpareGeneration other) {
      return new View(name, state, lag, other, reason);
    }
  }

  /** Of a view. */
  enum ViewState {
    /** It is being kept. */
    RUNNING,
    /** It is meant to wait: nothing is wrong. */
    PAUSED,
    /** It stopped by itself, or no projector runs. */
    STOPPED,
    /** Its store or the broker does not answer. */
    UNKNOWN
  }

  static StackStatus of(Stack stack) {
    List<Program> programs = new ArrayList<>();
    stack
        .servers()
        .status()
        .forEach(s -> programs.add(new Program(s.kind().id(), s.state(), s.address(), s.pid())));
    LocalProgram projectors = stack.projectors().program();
    boolean isKafkaUp = programs.get(0).state() == ServerStatus.State.RUNNING;
    programs.add(new Program(projectors.name(), projectors.state(), "", projectors.pid()));
    return new StackStatus(
        stack.servers().home().toString(),
        programs,
        isKafkaUp ? views(stack) : unknown("kafka does not run"));
  }

  private static List<View> views(Stack stack) {
    ProjectorsConfig config = stack.config();
    Map<String, String> stopped = stack.projectors().stoppedViews();
    try (Lag lag = new Lag(config);
        ViewControls controls = new ViewControls(config.kafka(), config.names())) {
      Set<String> paused = controls.paused();
      Map<String, SpareGeneration> spares = SpareGeneration.all(config);
      boolean runs = stack.projectors().isRunning();
      return lag.read().stream()
          .map(v -> view(v, runs, paused.contains(v.view()), stopped.get(v.view())))
          .map(
              v ->
                  v.with(
                      spare(
                          spares.get(v.name()),
                          stopped.get(config.names().spare().generation(v.name())))))
          .toList();
    } catch (RuntimeException e) {
      return unknown(Objects.requireNonNullElse(e.getMessage(), e.toString()));
    }
  }

  private static @Nullable SpareGeneration spare(
      @Nullable SpareGeneration spare, @Nullable String stopped) {
    return spare == null ? null : spare.stopped(stopped);
  }

  private static View view(ViewLag lag, boolean runs, boolean paused, @Nullable String stopped) {
    if (stopped != null) {
      return new View(lag.view(), ViewState.STOPPED, lag, stopped);
    }
    if (!runs) {
      String reason = "the projectors do not run: driftless up starts them";
      return new View(lag.view(), ViewState.STOPPED, lag, reason);
    }
    if (lag.problem() != null) {
      return new View(lag.view(), ViewState.UNKNOWN, lag, lag.problem());
    }
    return new View(lag.view(), paused ? ViewState.PAUSED : ViewState.RUNNING, lag, null);
  }

  private static List<View> unknown(String reason) {
    return Views.names().stream()
        .map(v -> new View(v, ViewState.UNKNOWN, new ViewLag(v, List.of(), reason), reason))
        .toList();
  }

  /** Whether everything runs and no view is stopped. */
  boolean isHealthy() {
    return programs.stream().allMatch(p -> p.state() == ServerStatus.State.RUNNING)
        && views.stream()
            .allMatch(v -> v.state() == ViewState.RUNNING || v.state() == ViewState.PAUSED);
  }

  void printPrograms(PrintWriter out) {
    Table table = new Table("process", "state", "address", "pid");
    for (Program p : programs) {
      String pid = p.pid().isPresent() ? Long.toString(p.pid().getAsLong()) : "";
      table.row(p.name(), word(p.state()), p.address(), pid);
    }
    table.print(out);
  }

  void printViews(PrintWriter out) {
    Table table = new Table("view", "state", "applied", "lag", "behind", "spare");
    for (View v : views) {
      boolean known = v.lag().isKnown();
      table.row(
          v.name(),
          word(v.state()),
          known ? v.lag().applied() : null,
          known ? v.lag().events() : null,
          known ? Output.seconds(v.lag().behind()) : null,
          v.spare());
    }
    table.print(out);
    reasons().forEach((reason, of) -> out.println(of + ": " + reason));
    out.flush();
  }

  /** Why views are not well, each once, and which views. */
  private Map<String, String> reasons() {
    Map<String, String> reasons = new LinkedHashMap<>();
    for (View v : views) {
      if (v.reason() != null) {
        reasons.merge(v.reason(), v.name(), (first, next) -> first + ", " + next);
      }
      if (v.spare() != null && v.spare().problem() != null) {
        reasons.put(v.spare().problem(), v.name() + ", its spare generation");
      }
    }
    return reasons;
  }

  ObjectNode json() {
    ObjectNode node = Output.object();
    node.put("home", home);
    node.put("healthy", isHealthy());
    ObjectNode byProgram = node.putObject("processes");
    programs.forEach(p -> write(byProgram.putObject(p.name()), p));
    ObjectNode byView = node.putObject("views");
    views.forEach(v -> write(byView.putObject(v.name()), v));
    return node;
  }

  private static void write(ObjectNode node, Program program) {
    node.put("state", word(program.state()));
    if (!program.address().isEmpty()) {
      node.put("address", program.address());
    }
    program.pid().ifPresent(pid -> node.put("pid", pid));
  }

  private static void write(ObjectNode node, View view) {
    node.put("state", word(view.state()));
    if (view.reason() != null) {
      node.put("reason", view.reason());
    }
    SpareGeneration spare = view.spare();
    if (spare != null) {
      node.putObject("spare")
          .put("generation", spare.generation())
          .put("old", spare.old())
          .put("lag", spare.lag())
          .put("problem", spare.problem());
    }
    if (view.lag().isKnown()) {
      node.put("applied", view.lag().applied());
      node.put("lag", view.lag().events());
      node.put("lagSeconds", view.lag().behind().toMillis() / 1000.0);
      ArrayNode partitions = node.putArray("partitions");
      for (PartitionLag p : view.lag().partitions()) {
        partitions
            .addObject()
            .put("partition", p.partition())
            .put("position", p.position())
            .put("end", p.end())
            .put("lag", p.events())
            .put("lagSeconds", p.behind().toMillis() / 1000.0);
      }
    }
  }

  private static String word(Enum<?> state) {
    return state.name().toLowerCase(Locale.ROOT);
  }
}
