package dev.driftless.local;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Redis with an append-only file and no eviction. */
final class RedisServer implements Server {
  static final String RESP = "resp";

  @Override
  public ServerKind kind() {
    return ServerKind.REDIS;
  }

  @Override
  public Ports usualPorts() {
    return new Ports(Map.of(RESP, 6379));
  }

  @Override
  public Launch prepare(Site site) throws IOException, InterruptedException {
    return new Launch(
        List.of(
            program(site.host()).toString(),
            "--bind",
            Addresses.HOST,
            "--port",
            String.valueOf(site.ports().get(RESP)),
            "--dir",
            site.data().toString(),
            "--appendonly",
            "yes",
            "--save",
            "",
            "--maxmemory-policy",
            "noeviction"),
        Map.of());
  }

  private static Path program(Host host) throws IOException, InterruptedException {
    String resource =
        switch (Host.platform()) {
          case "linux-amd64" -> "redis-server-6.2.6-v5-linux-amd64";
          case "linux-arm64" -> "redis-server-6.2.7-linux-arm64";
          case "darwin-amd64" -> "redis-server-6.2.6-v5-darwin-amd64";
          case "darwin-arm64" -> "redis-server-6.2.6-v5-darwin-arm64";
          default -> throw new StackException("redis: no program for platform " + Host.platform());
        };
    return host.cache().entry(resource, entry -> copy(resource, entry));
  }

  private static void copy(String resource, Path file) throws IOException {
    try (InputStream in = RedisServer.class.getResourceAsStream("/" + resource)) {
      if (in == null) {
        throw new StackException("redis: " + resource + " is not on the class path");
      }
      Files.copy(in, file);
      Cache.makeExecutable(file);
    }
  }

  @Override
  public boolean isReady(Ports ports) throws IOException {
    try (Socket socket = Probe.connect(ports.get(RESP))) {
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes(5);
      return "+PONG".equals(new String(answer, StandardCharsets.US_ASCII));
    }
  }
}
