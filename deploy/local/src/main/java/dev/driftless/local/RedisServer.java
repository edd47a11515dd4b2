package dev.driftless.local;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Redis with an append-only file and no eviction. */
final class RedisServer implements Server {
  static final String RESP = "resp";

  private final @Nullable Security security;

  RedisServer(@Nullable Security security) {
    this.security = security;
  }

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
    List<String> command = new ArrayList<>(List.of(program(site.host()).toString()));
    command.addAll(listening(site));
    command.addAll(
        List.of(
            "--bind",
            Addresses.HOST,
            "--dir",
            site.data().toString(),
            "--appendonly",
            "yes",
            "--save",
            "",
            "--maxmemory-policy",
            "noeviction"));
    return new Launch(command, Map.of());
  }

  private List<String> listening(Site site) throws IOException {
    String port = String.valueOf(site.ports().get(RESP));
    if (security == null) {
      return List.of("--port", port);
    }
    Path users =
        Files.writeString(
            site.data().resolve("users.acl"),
            "user default off\nuser %s on >%s ~* &* +@all\n"
                .formatted(security.user(), security.secret(ServerKind.REDIS)));
    return List.of(
        "--port",
        "0",
        "--tls-port",
        port,
        "--tls-cert-file",
        security.certificates().toString(),
        "--tls-key-file",
        security.key().toString(),
        "--tls-ca-cert-file",
        security.authority().toString(),
        "--tls-auth-clients",
        "no",
        "--aclfile",
        users.toString());
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
    if (security != null) {
      return letsIn(ports, security);
    }
    try (Socket socket = Probe.connect(ports.get(RESP))) {
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes(5);
      return "+PONG".equals(new String(answer, StandardCharsets.US_ASCII));
    }
  }

  private static boolean letsIn(Ports ports, Security security) throws IOException {
    try (Socket socket = Probe.connect(ports.get(RESP), security)) {
      String login = "AUTH %s %s\r\n".formatted(security.user(), security.secret(ServerKind.REDIS));
      socket.getOutputStream().write(login.getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes(3);
      return "+OK".equals(new String(answer, StandardCharsets.US_ASCII));
    }
  }
}
