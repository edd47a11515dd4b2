package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.driftless.local.Addresses;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.schemas.Names;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code topics} and {@code schemas} on the real broker and registry. */
final class AdminCommandsIT {

  private static final AtomicInteger TESTS = new AtomicInteger();

  private final Addresses servers = TestStack.shared().with(ServerKind.KAFKA, ServerKind.REGISTRY);
  private final Names names = new Names("admin_it_" + TESTS.incrementAndGet());
  private final Map<String, String> environment = new HashMap<>(servers.environment());

  @BeforeEach
  void name() {
    environment.put("DRIFTLESS_NAME", names.name());
  }

  @Test
  void topics_are_made_once_and_shown_as_they_are() {
    Run missing = run("topics", "check");
    assertThat(missing.exitCode()).isEqualTo(1);
    assertThat(missing.out().lines().filter(l -> l.contains("does not exist"))).hasSize(9);

    Run created = run("topics", "create", "--partitions", "3", "--replication", "1", "--json");
    assertThat(created.exitCode()).isZero();
    assertThat(topic(created, names.log()).path("partitions").asInt()).isEqualTo(3);
    assertThat(topic(created, names.repairs()).path("partitions").asInt()).isEqualTo(3);
    assertThat(topic(created, names.log()).path("risk").asText()).contains("one replica");

    // replicas as the log has them
    Run again = run("topics", "create", "--partitions", "5", "--json");
    assertThat(again.exitCode()).isZero();
    assertThat(topic(again, names.log()).path("partitions").asInt()).isEqualTo(3);
    assertThat(run("topics", "check").exitCode()).isZero();
  }

  @Test
  void a_log_that_would_lose_events_is_named_and_refused() throws Exception {
    assertThat(create().exitCode()).isZero();
    configure(names.log(), "cleanup.policy", "compact");
    configure(names.log(), "retention.ms", "1000");

    Run check = run("topics", "check");
    assertThat(check.exitCode()).isEqualTo(1);
    assertThat(check.out())
        .contains("cleanup.policy=compact instead of delete", "retention.ms=1000 instead of -1");
    Run refused = create();
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("not fit to be the log", "retention.ms=1000");
  }

  @Test
  void a_log_that_was_given_more_partitions_is_named_and_refused() throws Exception {
    assertThat(create().exitCode()).isZero();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers.kafkaBootstrapServers()))) {
      admin.createPartitions(Map.of(names.log(), NewPartitions.increaseTo(3))).all().get();
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(
              () ->
                  assertThat(wrong(run("topics", "check", "--json"), names.log()))
                      .contains("3 partitions instead of 2"));
    }
    Run refused = create();
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("has 3 partitions and was made with 2");
  }

  @Test
  void topics_beside_the_log_are_checked_too() throws Exception {
    assertThat(create().exitCode()).isZero();
    configure(names.positions(), "cleanup.policy", "delete");
    configure(names.deadLetters("vector"), "max.message.bytes", "1000");
    configure(names.repairs(), "retention.ms", "3600000"); // the user's own business

    Run check = run("topics", "check", "--json");
    assertThat(check.exitCode()).isEqualTo(1);
    assertThat(wrong(check, names.positions())).contains("cleanup.policy=delete");
    assertThat(wrong(check, names.deadLetters("vector"))).contains("max.message.bytes=1000");
    assertThat(wrong(check, names.repairs())).isEqualTo("[]");
  }

  @Test
  void topics_of_kafka_streams_are_shown_with_what_may_be_lost() throws Exception {
    assertThat(create().exitCode()).isZero();
    String changelog = names.group("audit") + "-ids-changelog";
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers.kafkaBootstrapServers()))) {
      admin.createTopics(List.of(new NewTopic(changelog, 2, (short) 1))).all().get();
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(() -> assertThat(run("topics", "check").out()).contains(changelog));
    }
    Run check = run("topics", "check", "--json");
    assertThat(check.exitCode()).isZero();
    assertThat(topic(check, changelog).path("risk").asText()).contains("one replica");
  }

  @Test
  void more_replicas_than_there_are_brokers_is_told_in_one_line() {
    Run run = run("topics", "create");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains("replication factor");
  }

  @Test
  void the_schema_is_registered_once_and_shown() throws Exception {
    Run missing = run("schemas", "check");
    assertThat(missing.exitCode()).isEqualTo(1);
    assertThat(missing.out()).contains("not registered");

    assertThat(run("schemas", "register").exitCode()).isZero();
    Run again = run("schemas", "register", "--json");
    assertThat(again.exitCode()).isZero();
    assertThat(again.json().path("subject").asText()).isEqualTo(names.schemaSubject());
    assertThat(again.json().path("version").asText()).isEqualTo("1");
    assertThat(again.json().path("compatibility").asText()).isEqualTo("BACKWARD_TRANSITIVE");

    loosen(names.schemaSubject());
    Run loose = run("schemas", "check");
    assertThat(loose.exitCode()).isEqualTo(1);
    assertThat(loose.out()).contains("NONE", "has to be BACKWARD_TRANSITIVE");
  }

  private Run create() {
    return run("topics", "create", "--partitions", "2", "--replication", "1");
  }

  private Run run(String... arguments) {
    return Run.of(Driftless.commandLine(environment), arguments);
  }

  private static JsonNode topic(Run run, String name) {
    for (JsonNode topic : run.json().path("topics")) {
      if (topic.path("name").asText().equals(name)) {
        return topic;
      }
    }
    throw new AssertionError("no topic " + name + " in " + run.out());
  }

  private static String wrong(Run run, String name) {
    return topic(run, name).path("wrong").toString();
  }

  private void configure(String topic, String key, String value) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers.kafkaBootstrapServers()))) {
      ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
      AlterConfigOp set = new AlterConfigOp(new ConfigEntry(key, value), OpType.SET);
      admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all().get();
      // the broker answers before it has taken over what it was told
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(
              () ->
                  assertThat(admin.describeConfigs(List.of(resource)).all().get())
                      .extractingByKey(resource)
                      .extracting(config -> config.get(key).value())
                      .isEqualTo(value));
    }
  }

  private void loosen(String subject) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(servers.schemaRegistryUrl() + "/config/" + subject))
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString("{\"compatibility\":\"NONE\"}"))
            .build();
    HttpResponse<String> answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }
}
