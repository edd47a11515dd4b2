package dev.driftless.cli;

import dev.driftless.local.LocalStack;
import dev.driftless.local.Progress;
import dev.driftless.local.ServerKind;
import dev.driftless.producer.LogTopic;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.ViewLag;
import dev.driftless.schemas.EventRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;

/** Everything that runs on this machine for one home directory: five servers, one projector. */
final class Stack {

  private static final int PARTITIONS = 4;
  private static final Duration PROJECTORS_READY = Duration.ofSeconds(60);
  private static final Duration REMINDER = Duration.ofSeconds(5);
  private static final Duration POLL = Duration.ofMillis(200);

  private final LocalStack servers;
  private final Map<String, String> environment;
  private final ProjectorProcess projectors;

  private Stack(LocalStack servers, Map<String, String> environment) {
    this.servers = servers;
    this.environment = environment;
    this.projectors = new ProjectorProcess(servers.program(ProjectorProcess.NAME));
  }

  /**
   * The stack in this directory, whether or not it was ever started.
   *
   * @throws dev.driftless.local.StackException if the directory holds something else
   */
  static Stack open(Path home, Map<String, String> environment) {
    return new Stack(LocalStack.open(home), environment);
  }

  LocalStack servers() {
    return servers;
  }

  ProjectorProcess projectors() {
    return projectors;
  }

  /** Says what to do where there is no stack to speak of. */
  Stack existing() {
    if (!servers.exists()) {
      throw new IllegalStateException(
          "there is no local stack in %s: run driftless up".formatted(servers.home()));
    }
    return this;
  }

  /** Every address and setting, as the projectors know them. */
  ProjectorsConfig config() {
    return ProjectorsConfig.load(null, variables());
  }

  /**
   * Starts what does not run, and returns when every view is being kept. A projector in which a
   * view has stopped by itself is started again, for its cause may be gone.
   */
  void up(Progress progress) {
    servers.start(EnumSet.allOf(ServerKind.class), progress);
    ProjectorsConfig config = config();
    prepareLog(config);
    if (projectors.isRunning() && !projectors.stoppedViews().isEmpty()) {
      projectors.stop(progress);
    }
    Instant begin = Instant.now();
    if (projectors.start(variables(), progress)) {
      progress.say("projectors: starting");
      awaitProjectors(config, begin, progress);
    } else {
      progress.say("projectors: running");
    }
  }

  /** Ends all that runs, the projectors first; data stays. */
  void down(Progress progress) {
    projectors.stop(progress);
    servers.stop(progress);
  }

  private Map<String, String> variables() {
    Map<String, String> variables = new HashMap<>(environment);
    variables.putAll(servers.addresses().environment());
    return variables;
  }

  private static void prepareLog(ProjectorsConfig config) {
    try (Admin admin = Admin.create(new HashMap<>(config.kafka()))) {
      LogTopic.create(admin, config.names(), PARTITIONS, 1, Views.names());
    }
    try (EventRegistry registry = config.openRegistry()) {
      registry.register();
    }
  }

  private void awaitProjectors(ProjectorsConfig config, Instant begin, Progress progress) {
    Instant reminder = begin.plus(REMINDER);
    try (Lag lag = new Lag(config)) {
      String missing = missing(lag.read(), begin);
      while (!missing.isEmpty() && Instant.now().isBefore(begin.plus(PROJECTORS_READY))) {
        checkProjectors();
        if (Instant.now().isAfter(reminder)) {
          reminder = Instant.now().plus(REMINDER);
          progress.say("projectors: waiting for " + missing);
        }
        pause();
        missing = missing(lag.read(), begin);
      }
      double took = Duration.between(begin, Instant.now()).toMillis() / 1000.0;
      progress.say(
          missing.isEmpty()
              ? "projectors: ready in %.1f s".formatted(took)
              : "projectors: not ready after %.1f s: %s (log: %s)"
                  .formatted(took, missing, projectors.program().log()));
    }
  }

  private void checkProjectors() {
    if (!projectors.isRunning()) {
      throw new IllegalStateException(
          "projectors: ended while starting: %s (log: %s)"
              .formatted(projectors.program().lastWords(), projectors.program().log()));
    }
  }

  /** Views that neither stopped nor own all their partitions since then. */
  private String missing(List<ViewLag> lags, Instant since) {
    Set<String> stopped = projectors.stoppedViews().keySet();
    return lags.stream()
        .filter(view -> !stopped.contains(view.view()))
        .filter(view -> !isKeptSince(view, since))
        .map(view -> view.problem() == null ? view.view() : view.view() + ": " + view.problem())
        .collect(Collectors.joining(", "));
  }

  private static boolean isKeptSince(ViewLag view, Instant since) {
    return view.isKnown()
        && view.partitions().stream().allMatch(p -> p.epoch() >= since.toEpochMilli());
  }

  private static void pause() {
    try {
      Thread.sleep(POLL.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for the projectors", e);
    }
  }
}
