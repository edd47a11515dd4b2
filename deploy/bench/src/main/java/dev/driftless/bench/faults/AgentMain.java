package dev.driftless.bench.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.projectors.app.ProjectorsConfig;
import java.util.Locale;

/**
 * The agent's process. Arguments: way, seed, and the numbers of the first and the last action; in
 * the environment, where the servers are. On the standard output, a line before and one after each
 * action: {@code begun N}, then {@code acknowledged N} or {@code refused N}. Ends when nobody reads
 * them any more.
 */
final class AgentMain {

  static final String BEGUN = "begun";

  private AgentMain() {}

  public static void main(String[] arguments) {
    Way way = Way.valueOf(arguments[0].toUpperCase(Locale.ROOT));
    long seed = Long.parseLong(arguments[1]);
    int last = Integer.parseInt(arguments[3]);
    try (ActionWriter writer = writer(way)) {
      for (int number = Integer.parseInt(arguments[2]); number <= last; number++) {
        say(BEGUN, number);
        say(store(writer, Action.of(seed, number)).name().toLowerCase(Locale.ROOT), number);
      }
    }
    System.exit(0);
  }

  private static ActionWriter writer(Way way) {
    ProjectorsConfig servers = ProjectorsConfig.load(null, System::getenv);
    return way == Way.DRIFTLESS
        ? new OneAppend(servers)
        : new SixWrites(way, servers, System.getenv("QDRANT_HTTP"));
  }

  private static Outcome store(ActionWriter writer, Action action) {
    try {
      writer.store(action);
      return Outcome.ACKNOWLEDGED;
    } catch (Exception e) {
      System.err.println(action + ": refused: " + e);
      return Outcome.REFUSED;
    }
  }

  /** In one write, so that a killed process leaves no half line. */
  private static void say(String what, int number) {
    byte[] line = (what + " " + number + "\n").getBytes(UTF_8);
    System.out.write(line, 0, line.length);
    if (System.out.checkError()) {
      System.exit(1);
    }
  }
}
