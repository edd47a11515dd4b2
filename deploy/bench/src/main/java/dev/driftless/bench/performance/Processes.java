package dev.driftless.bench.performance;

import dev.driftless.bench.JavaCommand;
import dev.driftless.bench.performance.Comparison.Bound;
import dev.driftless.local.LocalProgram;
import dev.driftless.projectors.app.ProjectorsMain;
import dev.driftless.reconciler.Lag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a process that keeps one view takes: memory with a long and a short backlog, time to start,
 * and processor time when there is nothing to do.
 */
final class Processes {

  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);
  private static final long LOOK_NANOS = Duration.ofMillis(20).toNanos();
  private static final Pattern AFTER_COLLECTION = Pattern.compile("Pause Full .*->(\\d+)M");
  private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");

  /** The longer backlog is so many times the shorter. */
  private static final int TIMES = 3;

  /** What is alive is looked at so often, less one. */
  private static final int QUARTERS = 4;

  private static final Bound ANY_BACKLOG = Bound.atMost(1.25);

  private final BenchServers servers;
  private final BenchPlan plan;
  private final String view;
  private final Rounds megabytes;
  private final Rounds seconds;
  private final Rounds percent;

  private Processes(BenchServers servers, BenchPlan plan, String view) {
    this.servers = servers;
    this.plan = plan;
    this.view = view;
    this.megabytes = servers.rounds("process", "MB");
    this.seconds = servers.rounds("process", "s");
    this.percent = servers.rounds("process", "% of a core");
  }

  static List<Comparison> run(BenchServers servers, BenchPlan plan) throws Exception {
    List<Comparison> comparisons = new ArrayList<>();
    for (String view : plan.views()) {
      comparisons.addAll(new Processes(servers, plan, view).measure());
    }
    return comparisons;
  }

  private List<Comparison> measure() throws Exception {
    int few = plan.events(view);
    int many = few * TIMES;
    for (int backlog : List.of(few, many)) {
      keep(backlog, false);
      keep(backlog, true);
    }
    List<Comparison> comparisons = new ArrayList<>();
    if (megabytes.has(resident(few))) {
      comparisons.add(megabytes.compare(resident(many), resident(few), ANY_BACKLOG));
    }
    if (megabytes.has(heap(few)) && megabytes.has(heap(many))) {
      comparisons.add(megabytes.compare(heap(many), heap(few), ANY_BACKLOG));
    }
    comparisons.add(seconds.alone(startUp(), null));
    comparisons.add(percent.alone(idle(), null));
    return comparisons;
  }

  private String resident(int events) {
    return "%s: resident at most, %,d events behind".formatted(view, events);
  }

  private String heap(int events) {
    return "%s: live heap, largest of three moments, %,d events behind".formatted(view, events);
  }

  private String startUp() {
    return view + ": from start to the first events applied";
  }

  private String idle() {
    return view + ": processor time when idle";
  }

  /**
   * @param collecting whether what is alive is looked at: that needs garbage collections which make
   *     the process smaller than it would be, so the rest is measured without them
   */
  private void keep(int backlog, boolean collecting) throws Exception {
    LocalProgram process = servers.program("projector-" + view);
    Path garbageLog = servers.directory("garbage").resolve(view + ".log");
    Files.deleteIfExists(garbageLog);
    try (BenchLog log = servers.log(Map.of());
        Lag lag = new Lag(log.config())) {
      log.append(new Workload(plan.seed(), plan.isEmbedded(view)), backlog);
      long began = System.nanoTime();
      process.start(command(garbageLog), log.environment(), line -> {});
      try {
        if (collecting) {
          takeHeap(lag, process, backlog, garbageLog);
        } else {
          await(lag, process, 1);
          seconds.add(startUp(), (System.nanoTime() - began) / 1e9);
          await(lag, process, backlog);
          takeMemory(process, backlog);
          percent.add(idle(), idlePercent(process));
        }
      } finally {
        process.stop(STOP_PATIENCE, line -> {});
      }
    }
  }

  private void takeHeap(Lag lag, LocalProgram process, int backlog, Path garbageLog)
      throws IOException, InterruptedException {
    for (int quarter = 1; quarter < QUARTERS; quarter++) {
      await(lag, process, (long) backlog * quarter / QUARTERS);
      collectGarbage(process);
    }
    double alive = largest(garbageLog, AFTER_COLLECTION);
    if (alive > 0) {
      megabytes.add(heap(backlog), alive);
    }
  }

  private List<String> command(Path garbageLog) {
    return JavaCommand.of(
        List.of("-Xmx512m", "-XX:+UseSerialGC", "-Xlog:gc:file=" + garbageLog),
        ProjectorsMain.class,
        "--view",
        view);
  }

  private void await(Lag lag, LocalProgram process, long events) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (ViewProgress.applied(lag, view) < events) {
      if (process.pid().isEmpty() || System.nanoTime() > deadline) {
        throw new IllegalStateException("%s: %s".formatted(process.name(), process.lastWords()));
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  /** By the JDK's tool; a JRE has none, and then it is not known what is alive. */
  private static void collectGarbage(LocalProgram process)
      throws IOException, InterruptedException {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    if (Files.isExecutable(jcmd)) {
      String pid = Long.toString(process.pid().orElseThrow());
      int unused =
          new ProcessBuilder(jcmd.toString(), pid, "GC.run")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor();
    }
  }

  private double idlePercent(LocalProgram process) throws InterruptedException {
    Duration before = processorTime(process);
    TimeUnit.SECONDS.sleep(plan.seconds());
    Duration used = processorTime(process).minus(before);
    return used.toNanos() / 1e7 / plan.seconds();
  }

  private static Duration processorTime(LocalProgram process) {
    return ProcessHandle.of(process.pid().orElseThrow())
        .orElseThrow()
        .info()
        .totalCpuDuration()
        .orElse(Duration.ZERO);
  }

  /** Where the system tells it. */
  private void takeMemory(LocalProgram process, int backlog) throws IOException {
    Path status = Path.of("/proc/%d/status".formatted(process.pid().orElseThrow()));
    if (Files.isReadable(status)) {
      megabytes.add(resident(backlog), largest(status, PEAK) / 1024);
    }
  }

  /** The largest number that the pattern finds; 0 if it finds none. */
  private static double largest(Path file, Pattern number) throws IOException {
    double largest = 0;
    for (Matcher found = number.matcher(Files.readString(file)); found.find(); ) {
      largest = Math.max(largest, Double.parseDouble(found.group(1)));
    }
    return largest;
  }
}
