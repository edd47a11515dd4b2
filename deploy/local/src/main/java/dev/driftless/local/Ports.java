package dev.driftless.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** The named ports of one server, in the order in which the server names them. */
record Ports(Map<String, Integer> byName) {
  static final Ports NONE = new Ports(Map.of());

  /**
   * Free ports are taken from here, below the range that Linux and macOS use for outgoing
   * connections: a client that keeps trying a dead server in that range can end up connected to
   * itself, and hold the port.
   */
  private static final int LOWEST = 12_000;

  private static final int HIGHEST = 32_000;
  private static final int TRIES = 1_000;

  int get(String name) {
    Integer port = byName.get(name);
    if (port == null) {
      throw new IllegalStateException("no port is named " + name + ", only " + byName.keySet());
    }
    return port;
  }

  /**
   * The ports in {@code wanted} as far as they are free, and free ones for the rest. That of a
   * proxy is not the server's to listen on: it stays as it was, and the proxy may have it.
   */
  static Ports choose(ServerKind kind, Ports wanted, Set<Integer> taken, Progress progress) {
    Map<String, Integer> chosen = new LinkedHashMap<>();
    wanted.byName.forEach(
        (name, port) -> {
          boolean mayStay = name.equals(KafkaServer.PROXY) || isFree(port);
          int free = port != 0 && taken.add(port) && mayStay ? port : anyFree(taken);
          if (port != 0 && free != port) {
            progress.say(
                kind.id() + ": port " + port + " (" + name + ") is in use, taking " + free);
          }
          chosen.put(name, free);
        });
    return new Ports(chosen);
  }

  /** The same names, each to be given any free port. */
  Ports anywhere() {
    Map<String, Integer> zeros = new LinkedHashMap<>(byName);
    zeros.replaceAll((name, port) -> 0);
    return new Ports(zeros);
  }

  private static int anyFree(Set<Integer> taken) {
    for (int i = 0; i < TRIES; i++) {
      int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
      if (taken.add(port) && isFree(port)) {
        return port;
      }
    }
    throw new StackException(
        "found no free port on " + Addresses.HOST + " between " + LOWEST + " and " + HIGHEST);
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getByName(Addresses.HOST), port));
      return true;
    } catch (IOException busy) {
      return false;
    }
  }
}
