package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.driftless.local.Addresses;
import dev.driftless.local.Progress;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.EnumSet;
import org.apache.kafka.common.utils.Utils;

/**
 * A snapshot of the collection that is behind an alias, by Qdrant's HTTP interface; the alias is
 * not in it.
 */
record QdrantBackup(TestStack servers, String alias, String collection, Path snapshot) {

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  static QdrantBackup take(TestStack servers, String alias, Path to) throws Exception {
    String collection = behind(servers, alias);
    String snapshots = "/collections/" + collection + "/snapshots";
    String name = call(servers, "POST", snapshots, "").path("name").asText();
    HttpResponse<Path> file =
        HTTP.send(
            HttpRequest.newBuilder(uri(servers, snapshots + "/" + name)).build(),
            BodyHandlers.ofFile(to));
    assertThat(file.statusCode()).isEqualTo(200);
    return new QdrantBackup(servers, alias, collection, to);
  }

  /** Before it is put back, the view may begin to fill what it makes in the empty server. */
  void putBack() throws IOException, InterruptedException {
    servers.stack().kill(ServerKind.QDRANT);
    Utils.delete(data().toFile());
    Addresses unused = servers.stack().start(EnumSet.of(ServerKind.QDRANT), Progress.silent());
    putBackAs(collection);
  }

  /** Puts it under this name into the server that runs, and behind the alias. */
  void putBackAs(String name) throws IOException, InterruptedException {
    String recover = "/collections/" + name + "/snapshots/recover";
    String from = "{\"location\":\"%s\",\"priority\":\"snapshot\"}".formatted(snapshot.toUri());
    HttpResponse<String> recovered = answer(servers, "PUT", recover, from);
    if (recovered.statusCode() == 409) {
      // the view made the collection after Qdrant had looked for it and before Qdrant made it
      recovered = answer(servers, "PUT", recover, from);
    }
    assertThat(recovered.statusCode()).as(recovered.body()).isEqualTo(200);
    assertThat(recovered.body()).contains("\"result\":true");
    JsonNode behind =
        call(
            servers,
            "POST",
            "/collections/aliases",
            "{\"actions\":[{\"create_alias\":{\"alias_name\":\"%s\",\"collection_name\":\"%s\"}}]}"
                .formatted(alias, name));
    assertThat(behind.asBoolean()).isTrue();
  }

  /** Whether readers see a memory as it was written before this time, in ms since 1970. */
  boolean holdsFromBefore(long time, String memoryId) throws IOException, InterruptedException {
    String filter =
        """
        {"exact":true,"filter":{"must":[
          {"key":"memory_id","match":{"value":"%s"}},
          {"key":"epoch","range":{"lt":%d}}]}}
        """
            .formatted(memoryId, time);
    return call(servers, "POST", "/collections/" + alias + "/points/count", filter)
            .path("count")
            .asInt()
        == 1;
  }

  /** The collection that readers see. */
  private static String behind(TestStack servers, String alias)
      throws IOException, InterruptedException {
    for (JsonNode each : call(servers, "GET", "/aliases", "").path("aliases")) {
      if (each.path("alias_name").asText().equals(alias)) {
        return each.path("collection_name").asText();
      }
    }
    throw new AssertionError("there is no alias " + alias);
  }

  private static JsonNode call(TestStack servers, String method, String path, String body)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = answer(servers, method, path, body);
    assertThat(answer.statusCode()).as("%s %s: %s", method, path, answer.body()).isEqualTo(200);
    return new ObjectMapper().readTree(answer.body()).path("result");
  }

  private static HttpResponse<String> answer(
      TestStack servers, String method, String path, String body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(uri(servers, path))
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body))
            .build();
    return HTTP.send(request, BodyHandlers.ofString());
  }

  private static URI uri(TestStack servers, String path) {
    return URI.create(servers.stack().addresses().qdrantHttp() + path);
  }

  private Path data() {
    return servers.stack().data(ServerKind.QDRANT);
  }
}
