package dev.driftless.local;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** Apicurio Registry, which speaks Confluent's API; its schemas and their ids are in a file. */
final class RegistryServer implements Server {
  static final String HTTP = "http";
  static final String PATH = "/apis/ccompat/v7";

  @Override
  public ServerKind kind() {
    return ServerKind.REGISTRY;
  }

  @Override
  public Ports usualPorts() {
    return new Ports(Map.of(HTTP, 8081));
  }

  @Override
  public Launch prepare(Site site) throws IOException, InterruptedException {
    return new Launch(
        List.of(
            site.host().java().toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError",
            "-Dquarkus.http.host=" + Addresses.HOST,
            "-Dquarkus.http.port=" + site.ports().get(HTTP),
            "-Dquarkus.http.access-log.enabled=false",
            "-Dapicurio.storage.kind=sql",
            "-Dapicurio.storage.sql.kind=h2",
            // Without a delay a registered schema is on disk when the client hears its id.
            "-Dapicurio.datasource.url=jdbc:h2:file:"
                + site.data().resolve("registry")
                + ";WRITE_DELAY=0",
            "-jar",
            program(site).toString()),
        Map.of());
  }

  private static Path program(Site site) throws IOException, InterruptedException {
    String version = ServerPrograms.property("registry.version");
    Path directory =
        site.host()
            .cache()
            .entry("registry-" + version, entry -> unpack(version, entry, site.progress()));
    return directory.resolve("apicurio-registry-app-" + version + "-runner.jar");
  }

  private static void unpack(String version, Path directory, Progress progress) throws IOException {
    Path archive = Path.of(ServerPrograms.property("registry.archive"));
    if (!Files.exists(archive)) {
      throw new StackException(
          "registry: the server's archive is no longer at " + archive + ": build Driftless again");
    }
    progress.say("registry: unpacking Apicurio Registry " + version);
    try (InputStream in =
        new GZIPInputStream(new BufferedInputStream(Files.newInputStream(archive)))) {
      Cache.unpack(in, directory);
    }
  }

  @Override
  public boolean isReady(Ports ports) throws IOException {
    return Probe.answersOk(ports.get(HTTP), PATH + "/subjects");
  }
}
