package dev.driftless.local;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Qdrant, which is configured by its environment. */
final class QdrantServer implements Server {
  static final String GRPC = "grpc";
  static final String HTTP = "http";

  private final @Nullable Security security;

  QdrantServer(@Nullable Security security) {
    this.security = security;
  }

  @Override
  public ServerKind kind() {
    return ServerKind.QDRANT;
  }

  @Override
  public Ports usualPorts() {
    Map<String, Integer> ports = new LinkedHashMap<>();
    ports.put(GRPC, 6334);
    ports.put(HTTP, 6333);
    return new Ports(ports);
  }

  @Override
  public Launch prepare(Site site) throws IOException, InterruptedException {
    Map<String, String> environment = new LinkedHashMap<>(settings(site));
    if (security != null) {
      environment.put("QDRANT__SERVICE__ENABLE_TLS", "true");
      environment.put("QDRANT__SERVICE__API_KEY", security.secret(ServerKind.QDRANT));
      environment.put("QDRANT__SERVICE__READ_ONLY_API_KEY", security.readOnlyKey());
      environment.put("QDRANT__SERVICE__JWT_RBAC", "true");
      environment.put("QDRANT__TLS__CERT", security.certificates().toString());
      environment.put("QDRANT__TLS__KEY", security.key().toString());
    }
    return new Launch(
        List.of(QdrantProgram.find(site.host(), site.progress()).toString(), "--disable-telemetry"),
        environment);
  }

  private static Map<String, String> settings(Site site) {
    return Map.of(
        "QDRANT__SERVICE__HOST",
        Addresses.HOST,
        "QDRANT__SERVICE__GRPC_PORT",
        String.valueOf(site.ports().get(GRPC)),
        "QDRANT__SERVICE__HTTP_PORT",
        String.valueOf(site.ports().get(HTTP)),
        "QDRANT__SERVICE__ENABLE_STATIC_CONTENT",
        "false",
        "QDRANT__STORAGE__STORAGE_PATH",
        site.data().resolve("storage").toString(),
        "QDRANT__STORAGE__SNAPSHOTS_PATH",
        site.data().resolve("snapshots").toString(),
        // one for each core, the default, makes a collection three times as dear
        "QDRANT__STORAGE__OPTIMIZERS__DEFAULT_SEGMENT_NUMBER",
        "1",
        "QDRANT__TELEMETRY_DISABLED",
        "true",
        "QDRANT__LOG_LEVEL",
        "WARN");
  }

  @Override
  public boolean isReady(Ports ports) throws IOException {
    return Probe.answersOk(ports.get(HTTP), "/readyz", security);
  }
}
