package dev.driftless.bench.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A point for each action, by the REST interface; see {@link OwnLayout}. */
final class QdrantPoints implements StoreClient {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();
  private final String points;

  QdrantPoints(String address, Way way) {
    this.points = address + "/collections/" + OwnLayout.collection(way) + "/points";
  }

  @Override
  public void write(Action action) throws IOException, InterruptedException {
    Map<String, String> payload =
        Map.of(
            "id", action.id(),
            "tenant", Action.TENANT,
            "subject", action.subject(),
            "session", action.session(),
            "text", action.text());
    Map<String, Object> point =
        Map.of("id", pointId(action), "vector", action.embedding(), "payload", payload);
    call("PUT", points + "?wait=true", Map.of("points", List.of(point)));
  }

  @Override
  public void undo(Action action) throws IOException, InterruptedException {
    call("POST", points + "/delete?wait=true", Map.of("points", List.of(pointId(action))));
  }

  private static String pointId(Action action) {
    return UUID.nameUUIDFromBytes(action.id().getBytes(UTF_8)).toString();
  }

  private void call(String method, String uri, Map<String, ?> body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(uri))
            .timeout(TIMEOUT)
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)))
            .build();
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException("%s %s: status %d".formatted(method, uri, answer.statusCode()));
    }
  }

  @Override
  public void close() {}
}
