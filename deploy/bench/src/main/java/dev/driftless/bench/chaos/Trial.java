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
import dev.driftless.reconciler.Report;
import dev.driftless.reconciler.ViewLag;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** One schedule on one log, from the first event to the last comparison. Is run once. */
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
  private final List<Exception> troubles = new ArrayList<>();
  private int appended;
  private boolean compared;
  private List<Finding> findings = List.of();
  private List<String> divergences = List.of();
  private List<String> alarms = List.of();
  private int checks;
  private long deadLetters;
  private Duration catchUp = Duration.ZERO;

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

  /** Whatever happens, it ends in a report; {@link #troubles} are what did. */
  ChaosReport run() {
    attempt(this::play);
    attempt(stack::end);
    return new ChaosReport(
        schedule,
        appended,
        compared,
        findings,
        divergences,
        alarms,
        checks,
        deadLetters,
        catchUp,
        Duration.between(began, Instant.now()),
        troubles.isEmpty()
            ? null
            : troubles.stream().map(Exception::toString).collect(Collectors.joining("; then ")),
        logs);
  }

  /** Why the run could not be finished or cleared away; with their stack traces. */
  List<Exception> troubles() {
    return troubles;
  }

  private interface Part {
    void run() throws Exception;
  }

  private void attempt(Part part) {
    try {
      part.run();
    } catch (Exception e) {
      troubles.add(e);
    }
  }

  private void play() throws Exception {
    stack.begin(name, classPath, logs);
    ProjectorsConfig config = stack.direct(name);
    try (Watch watch = new Watch(check(config), stack::hasLost, PATIENCE);
        Load load = new Load(log(config), schedule.seed())) {
      try {
        strikes(config, load);
        watch.stop();
      } finally {
        appended = load.done();
        alarms = watch.alarms();
        checks = watch.checks();
      }
      divergences = watch.lastCheck();
      findings = new IndependentCheck(stack.stores(name)).run(load.written());
      compared = true;
      deadLetters = deadLetters(config);
    }
  }

  private Watch.Check check(ProjectorsConfig config) {
    Reconciler reconciler =
        Reconciler.open(config, "chaos", stack.data(name).resolve("reconciler"), line -> {});
    return new Watch.Check() {
      @Override
      public Report run(boolean deep) {
        return reconciler.check(Views.names(), deep);
      }

      @Override
      public void close() {
        reconciler.close();
      }
    };
  }

  private void strikes(ProjectorsConfig config, Load load) {
    for (int i = 0; i < schedule.steps().size(); i++) {
      take(schedule.steps().get(i), next(i), config, load);
    }
    load.allow(schedule.events());
    load.await(schedule.events());
    Instant quiet = Instant.now();
    awaitCaughtUp(config);
    catchUp = Duration.between(quiet, Instant.now());
    stack.projectors().mustBeWell();
  }

  /** The writers come to the step, and go on towards the next one while the fault lasts. */
  private void take(Step step, int nextAfter, ProjectorsConfig config, Load load) {
    load.allow(step.afterEvents());
    load.await(step.afterEvents());
    awaitBehind(config, MOST_BEHIND);
    stack.projectors().mustBeWell();
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
}
