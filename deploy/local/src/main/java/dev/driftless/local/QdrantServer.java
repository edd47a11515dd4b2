package dev.driftless.local;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Qdrant, which is configured by its environment. */
final class QdrantServer implements Server {
  static final String GRPC = "grpc";
  static final String HTTP = "http";

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
    return new Launch(
        List.of(QdrantProgram.find(site.host(), site.progress()).toString(), "--disable-telemetry"),
        Map.of(
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
            "WARN"));
  }

  @Override
  public boolean isReady(Ports ports) throws IOException {
    return Probe.answersOk(ports.get(HTTP), "/readyz");
  }
}
