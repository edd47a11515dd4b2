package dev.driftless.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.driftless.events.MemoryEvent;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.app.Views;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A registry that was put back from an older copy: events name a schema that it does not have. */
final class LostSchemaIT {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void an_event_whose_schema_was_lost_is_set_aside_and_applied_once_the_schema_is_back()
      throws Exception {
    // in a registry of its own nobody else takes the next id
    try (TestStack own = TestStack.fresh(ServerKind.REGISTRY);
        KeptViews views =
            new KeptViews(
                TestStack.shared().with(ServerKind.values()),
                Map.of("SCHEMA_REGISTRY_URL", own.stack().addresses().schemaRegistryUrl()));
        Stores stores = new Stores(views)) {
      views.start();
      int next = register(views, "before") + 1;
      views.publish(List.of(Events.recorded("mia", "m1", "before")));
      views.publish(List.of(Events.recorded("mia", "m2", "lost")), next);
      views.publish(List.of(Events.recorded("mia", "m3", "after")));
      views.awaitCaughtUp();
      for (String view : Views.names()) {
        assertThat(views.letters(view))
            .as(view)
            .singleElement()
            .satisfies(letter -> assertThat(letter.reason()).contains("schema id " + next));
      }
      try (Reconciler meanwhile = views.reconciler("lost")) {
        assertThat(meanwhile.check(Views.names(), true).exitCode()).isZero();
        assertThat(meanwhile.unreadable(views.letters("relational"))).hasSize(1);
        assertThat(meanwhile.isOutdated()).isFalse();
        assertThat(register(views, "back")).isEqualTo(next);
        assertThat(meanwhile.isOutdated()).isTrue();
      }

      try (Reconciler reconciler = views.reconciler("lost")) {
        for (String view : List.of("relational", "vector", "cache", "context")) {
          assertThat(reconciler.unreadable(views.letters(view))).isEmpty();
          assertThat(reconciler.retry(view, views.letters(view), views.limits(5)).left()).isEmpty();
        }
        assertThat(reconciler.check(Views.names(), true).exitCode()).isZero();
      }
      assertThat(stores.query("SELECT memory_id FROM R.memories ORDER BY 1"))
          .containsExactly("m1", "m2", "m3");
      assertThat(stores.redis().zrange(stores.key("mia", "memories"), 0, -1))
          .containsExactly("m1", "m2", "m3");
    }
  }

  /**
   * The event's schema but for what it says of itself; answers its id, the next number there is.
   */
  private static int register(KeptViews views, String doc)
      throws IOException, InterruptedException {
    ObjectNode schema = (ObjectNode) JSON.readTree(MemoryEvent.getClassSchema().toString());
    String body =
        JSON.createObjectNode().put("schema", schema.put("doc", doc).toString()).toString();
    URI versions =
        URI.create(
            "%s/subjects/%s/versions"
                .formatted(
                    views.config().registry().url(), views.config().names().schemaSubject()));
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(versions)
                    .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body()).get("id").intValue();
  }
}
