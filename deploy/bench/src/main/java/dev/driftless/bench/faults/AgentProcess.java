package dev.driftless.bench.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.bench.JavaCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Runs {@link AgentMain} from the first action to the last, kills it now and then, and starts it
 * again: at the action that was under way if the way is {@linkplain Way#isRepeatable repeatable},
 * else at the one behind it. For one thread.
 */
final class AgentProcess {

  private final Way way;
  private final FaultsPlan plan;
  private final Map<String, String> variables;
  private final Path log;
  private final Set<Integer> killedIn;
  private final Random random;
  private final Map<Integer, Outcome> outcomes = new TreeMap<>();
  private int last;
  private int kills;
  private long begunNanos = System.nanoTime();
  private long tookNanos;

  /**
   * @param variables where its servers are
   * @param log what it prints beside its lines
   */
  AgentProcess(Way way, FaultsPlan plan, Map<String, String> variables, Path log) {
    this.way = way;
    this.plan = plan;
    this.variables = variables;
    this.log = log;
    this.killedIn = plan.killedIn(plan.seed());
    this.random = new Random(plan.seed());
  }

  /** What is told of each action that begins, once. */
  interface Listener {
    void begun(int number) throws Exception;
  }

  /** The outcome of every action, by number. */
  Map<Integer, Outcome> run(Listener listener) throws Exception {
    while (last < plan.actions()) {
      Process process = start(isToBeRepeated() ? last : last + 1);
      try {
        follow(process, listener);
      } finally {
        process.destroyForcibly().waitFor();
      }
    }
    return outcomes;
  }

  /** How often the process was killed before it had ended. */
  int kills() {
    return kills;
  }

  private boolean isToBeRepeated() {
    return way.isRepeatable() && outcomes.get(last) == Outcome.CUT_SHORT;
  }

  private void follow(Process process, Listener listener) throws Exception {
    boolean killed = false;
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        boolean begun = note(line);
        if (begun && killedIn.contains(last) && !killed) {
          // as long as the action before took at most, so that it may hit any moment of this one
          TimeUnit.NANOSECONDS.sleep((long) (random.nextDouble() * tookNanos));
          // not by the process itself, which would close what it has said and nobody has read yet
          process.toHandle().destroyForcibly();
          killed = true;
        }
        if (begun) {
          listener.begun(last);
        }
      }
    }
    int exitCode = process.waitFor();
    if (exitCode != 0 && !killed) {
      throw new IllegalStateException(
          "the agent's process ended by itself, with exit code %d: %s"
              .formatted(exitCode, lastWords()));
    }
    kills += exitCode == 0 ? 0 : 1;
  }

  /** Whether an action begins by this line, and for the first time. */
  private boolean note(String line) {
    String[] words = line.split(" ", -1);
    last = Integer.parseInt(words[1]);
    boolean begun = words[0].equals(AgentMain.BEGUN);
    if (begun) {
      begunNanos = System.nanoTime();
    } else {
      tookNanos = System.nanoTime() - begunNanos;
    }
    Outcome outcome =
        begun ? Outcome.CUT_SHORT : Outcome.valueOf(words[0].toUpperCase(Locale.ROOT));
    return outcomes.put(last, outcome) == null;
  }

  private Process start(int first) throws IOException {
    ProcessBuilder process =
        new ProcessBuilder(
            JavaCommand.of(
                List.of(
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Dlogback.configurationFile=dev/driftless/bench/faults/agent-logback.xml"),
                AgentMain.class,
                way.id(),
                String.valueOf(plan.seed()),
                String.valueOf(first),
                String.valueOf(plan.actions())));
    process.environment().keySet().removeIf(name -> name.startsWith("DRIFTLESS_"));
    process.environment().putAll(variables);
    return process.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
  }

  private String lastWords() throws IOException {
    List<String> lines = Files.readAllLines(log);
    return lines.isEmpty() ? "it said nothing" : lines.get(lines.size() - 1);
  }
}
