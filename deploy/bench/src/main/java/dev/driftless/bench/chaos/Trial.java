package dev.driftless.bench.chaos;

import dev.driftless.bench.chaos.check.Finding;
import dev.driftless.bench.chaos.check.IndependentCheck;
import dev.driftless.local.Progress;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.MemoryLogConfig;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.CannotTellException;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.Reconciler;
import dev.driftless.reconciler.ViewLag;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** One schedule on one log, from the first event to the last comparison. */
final class Trial {

  private static final Duration APPEND_TIMEOUT = Duration.ofSeconds(6);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration POLL = Duration.ofMillis(100);

  /** A fault meets views that are at work: behind by no more than this, of all views. */
  private static final long MOST_BEHIND = 200;

  /** So that something is on its way. */
  private static final Duration BEFORE_STRIKE = Duration.ofMillis(300);

  private static final long NOT_AT_WORK = 1_000_000;

  private final ChaosStack stack;
  private final String name;
  private final Schedule schedule;
  private final String classPath;
  private final Path logs;
  private final Progress progress;
  private final Instant began = Instant.now();

  /**
   * @param name of the log
   * @param classPath of the projectors
   */
  Trial(
      ChaosStack stack,
      String name,
      Schedule schedule,
      String classPath,
      Path logs,
      Progress progress) {
    this.stack = stack;
    this.name = name;
    this.schedule = schedule;
    this.classPath = classPath;
    this.logs = logs;
    this.progress = progress;
  }

  ChaosReport run() {
    stack.begin(name, classPath, logs);
    try {
      ProjectorsConfig config = stack.direct(name);
      Path copy = stack.home().resolve("data").resolve(name).resolve("reconciler");
      try (Watch watch =
              new Watch(Reconciler.open(config, "chaos", copy, line -> {}), stack::hasLost);
          Load load = new Load(log(config), schedule.seed())) {
        return run(config, watch, load);
      }
    } catch (Exception e) {
      return failed(e);
    } finally {
      stack.end();
    }
  }

  private ChaosReport run(ProjectorsConfig config, Watch watch, Load load) throws Exception {
    for (int i = 0; i < schedule.steps().size(); i++) {
      take(schedule.steps().get(i), next(i), config, load);
    }
    load.allow(schedule.events());
    load.await(schedule.events());
    Instant quiet = Instant.now();
    awaitCaughtUp(config);
    Duration catchUp = Duration.between(quiet, Instant.now());
    List<String> alarms = watch.stop();
    List<String> divergences = watch.lastCheck();
    List<Finding> findings = new IndependentCheck(stack.stores(name)).run(load.written());
    return new ChaosReport(
        schedule,
        load.done(),
        findings,
        divergences,
        alarms,
        watch.checks(),
        deadLetters(config),
        catchUp,
        Duration.between(began, Instant.now()),
        null,
        logs);
  }

  /** The writers come to the step, and go on towards the next one while the fault lasts. */
  private void take(Step step, int nextAfter, ProjectorsConfig config, Load load) {
    load.allow(step.afterEvents());
    load.await(step.afterEvents());
    awaitBehind(config, MOST_BEHIND);
    progress.say(step.toString());
    load.allow(nextAfter);
    Pause.of(BEFORE_STRIKE);
    Runnable end = step.kind().strike().at(stack, step.target());
    Pause.of(step.lasting());
    end.run();
  }

  private int next(int step) {
    return step + 1 < schedule.steps().size()
        ? schedule.steps().get(step + 1).afterEvents()
        : schedule.events();
  }

  /** Waits until the views hold all that is in the log, for as long as they get on. */
  static void awaitCaughtUp(ProjectorsConfig config) {
    awaitBehind(config, 0);
  }

  private static void awaitBehind(ProjectorsConfig config, long most) {
    try (Lag lag = new Lag(config)) {
      Instant deadline = Instant.now().plus(PATIENCE);
      long before = Long.MAX_VALUE;
      for (long left = left(lag); left > most; left = left(lag)) {
        if (left < before) {
          before = left;
          deadline = Instant.now().plus(PATIENCE);
        } else if (Instant.now().isAfter(deadline)) {
          throw new IllegalStateException(
              "the views do not get on: " + behind(lag) + ": look at the projectors' logs");
        }
        Pause.of(POLL);
      }
    }
  }

  private static long left(Lag lag) {
    try {
      return lag.read().stream().mapToLong(Trial::left).sum();
    } catch (CannotTellException e) {
      return Long.MAX_VALUE;
    }
  }

  private static long left(ViewLag view) {
    boolean atWork =
        view.isKnown()
            && view.problem() == null
            && view.partitions().stream().allMatch(partition -> partition.epoch() > 0);
    return atWork ? view.events() : NOT_AT_WORK;
  }

  private static String behind(Lag lag) {
    return lag.read().stream()
        .map(view -> "%s %s".formatted(view.view(), state(view)))
        .collect(Collectors.joining(", "));
  }

  private static String state(ViewLag view) {
    return view.problem() != null ? view.problem() : view.events() + " events behind";
  }

  static MemoryLog log(ProjectorsConfig config) {
    return MemoryLog.open(
        MemoryLogConfig.of(
                String.valueOf(config.kafka().get("bootstrap.servers")), config.registry().url())
            .withNames(config.names())
            .withTimeout(APPEND_TIMEOUT));
  }

  private static long deadLetters(ProjectorsConfig config)
      throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetSpec> ends =
        Views.names().stream()
            .map(view -> new TopicPartition(config.names().deadLetters(view), 0))
            .collect(Collectors.toMap(at -> at, at -> OffsetSpec.latest()));
    try (Admin admin = Admin.create(new HashMap<>(config.kafka()))) {
      return admin.listOffsets(ends).all().get().values().stream()
          .mapToLong(end -> end.offset())
          .sum();
    }
  }

  private ChaosReport failed(Exception e) {
    return new ChaosReport(
        schedule,
        0,
        List.of(),
        List.of(),
        List.of(),
        0,
        0,
        Duration.ZERO,
        Duration.between(began, Instant.now()),
        e.toString(),
        logs);
  }
}
