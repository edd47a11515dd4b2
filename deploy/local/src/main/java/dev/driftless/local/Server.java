package dev.driftless.local;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What is particular to one server program. Stateless; all calls may come from any thread. */
interface Server {
  ServerKind kind();

  /** The ports it needs with their usual numbers, the one users care about first. */
  Ports usualPorts();

  /**
   * Gets everything in place (program, configuration, an initialized data directory) and says how
   * to run it. Called only while the server is not running; may take long, and then says so.
   */
  Launch prepare(Site site) throws IOException, InterruptedException;

  /** Whether it answers requests now. An exception means no. Takes two seconds at most. */
  boolean isReady(Ports ports) throws Exception;

  /** The signal that asks for an orderly end. */
  default String stopSignal() {
    return "TERM";
  }

  /**
   * A command to run. It must become the server's process itself, not start it as a child, so that
   * its pid is the server's.
   */
  record Launch(List<String> command, Map<String, String> environment) {}

  /**
   * Where one server lives.
   *
   * @param data its own directory, which exists and is also its working directory
   */
  record Site(Path data, Ports ports, Host host, Progress progress) {}
}
