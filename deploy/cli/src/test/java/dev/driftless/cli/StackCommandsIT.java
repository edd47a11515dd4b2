package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.app.Views;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.MethodName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The commands on one real stack, as a user gives them one after the other: the methods go in the
 * order of their names.
 */
@TestMethodOrder(MethodName.class)
final class StackCommandsIT {

  private static TestStack stack = TestStack.fresh(ServerKind.values());
  private static Map<String, String> environment = Map.of();

  @BeforeAll
  static void up() {
    environment = Map.of("DRIFTLESS_HOME", stack.stack().home().toString());
    CommandRun run = CommandRun.of(new UpCommand(environment), "--json");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.json().get("healthy").booleanValue()).isTrue();
  }

  @AfterAll
  static void gone() {
    stack.close();
  }

  @Test
  void a_second_up_leaves_all_processes_as_they_are() {
    JsonNode before = status();

    CommandRun run = CommandRun.of(new UpCommand(environment), "--json");

    assertThat(run.exitCode()).isZero();
    assertThat(run.json().get("processes")).isEqualTo(before.get("processes"));
  }

  @Test
  void b_env_prints_every_address_for_a_shell() {
    CommandRun run = CommandRun.of(new EnvCommand(environment));

    assertThat(run.exitCode()).isZero();
    assertThat(run.out().lines().map(line -> line.replaceAll("='.+'$", "")))
        .containsExactly(
            "export KAFKA_BOOTSTRAP_SERVERS",
            "export SCHEMA_REGISTRY_URL",
            "export PGHOST",
            "export PGPORT",
            "export PGUSER",
            "export PGPASSWORD",
            "export PGDATABASE",
            "export PGSSLMODE",
            "export REDIS_URL",
            "export QDRANT_GRPC",
            "export QDRANT_HTTP");
    assertThat(CommandRun.of(new EnvCommand(environment), "--json").json().get("PGHOST").asText())
        .isEqualTo(stack.stack().addresses().postgresHost());
  }

  @Test
  void c_a_demonstration_fills_every_view_and_a_second_one_changes_only_audit() {
    JsonNode first = demo();
    JsonNode second = demo();

    assertThat(first.get("published").longValue()).isEqualTo(12);
    assertThat(first.get("subjects").longValue()).isEqualTo(1);
    assertThat(first.at("/views/relational/tables").toString())
        .isEqualTo(
            "{'memories':2,'memory_versions':2,'sessions':1,'messages':6,'tool_calls':1,'checkpoints':0}"
                .replace('\'', '"'));
    for (String view : Views.names()) {
      JsonNode held = first.at("/views/" + view);
      assertThat(held.get("applied").longValue()).as(view).isEqualTo(12);
      assertThat(held.get("lag").longValue()).as(view).isZero();
      assertThat(held.get("rows").longValue()).as(view).isPositive();
      if (!view.equals("audit")) {
        assertThat(second.at("/views/" + view + "/tables")).isEqualTo(held.get("tables"));
      }
    }
    // the 12 events, the lone one that was timed, and the 12 again
    assertThat(second.at("/views/audit/rows").longValue()).isEqualTo(25);
  }

  @Test
  void d_projectors_that_were_killed_are_told_and_up_lets_them_go_on_where_they_were() {
    long pid = status().at("/processes/projectors/pid").longValue();
    kill(pid);
    long before = audited();
    publish(
        """
        {"tenant":"demo","subject":"omar","agent":"a","session":"late","messages":[{"role":"user","content":"Are you there?"}]}
        """);

    CommandRun dead = CommandRun.of(new StatusCommand(environment), "--json");
    assertThat(dead.exitCode()).isEqualTo(1);
    assertThat(dead.json().at("/processes/projectors/state").asText()).isEqualTo("dead");
    assertThat(dead.json().at("/views/vector/state").asText()).isEqualTo("stopped");
    assertThat(dead.json().at("/views/vector/lag").longValue()).isEqualTo(4);

    JsonNode again = demo();
    assertThat(again.at("/views/relational/tables/sessions").longValue()).isEqualTo(2);
    assertThat(again.at("/views/audit/rows").longValue()).isEqualTo(before + 4 + 12);
  }

  @Test
  void e_down_stops_all_and_keeps_the_data() {
    assertThat(CommandRun.of(new DownCommand(environment)).exitCode()).isZero();

    CommandRun stopped = CommandRun.of(new StatusCommand(environment), "--json");
    assertThat(stopped.exitCode()).isEqualTo(1);
    assertThat(stopped.json().get("processes"))
        .allSatisfy(process -> assertThat(process.get("state").asText()).isEqualTo("stopped"));
    assertThat(CommandRun.of(new DownCommand(environment)).exitCode()).isZero();
    assertThat(stack.stack().home().resolve("data/kafka")).isDirectory();
  }

  private static JsonNode status() {
    CommandRun run = CommandRun.of(new StatusCommand(environment), "--json");
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    return run.json();
  }

  private static long audited() {
    return CommandRun.of(new StatusCommand(environment), "--json")
        .json()
        .at("/views/audit/applied")
        .longValue();
  }

  private static JsonNode demo() {
    CommandRun run = CommandRun.of(new DemoCommand(environment), "--json");
    assertThat(run.exitCode()).as(() -> run.err() + whatProjectorsDo()).isZero();
    return run.json();
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /**
   * Their log, with all their threads in it, and the broker's, which tells who is in which group.
   */
  private static String whatProjectorsDo() {
    Path log = stack.stack().program("projectors").log();
    String dumped = "";
    try {
      CommandRun status = CommandRun.of(new StatusCommand(environment), "--json");
      String pid = status.json().at("/processes/projectors/pid").asText();
      new ProcessBuilder("/bin/sh", "-c", "kill -s QUIT " + pid).start().waitFor();
      await().until(() -> Files.readString(log).contains("JNI global refs"));
    } catch (ConditionTimeoutException | IOException | InterruptedException e) {
      dumped = "no dump of their threads: %s%n".formatted(e);
    }
    return dumped + read(log) + read(log.resolveSibling("kafka.log"));
  }

  private static void publish(String line) {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    CommandRun run =
        CommandRun.of(
            new PublishCommand(environment, new ByteArrayInputStream(bytes)),
            "--format",
            "openai-chat",
            "--remember",
            "user");
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  private static void kill(long pid) {
    ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
    assertThat(process.destroyForcibly()).isTrue();
    process.onExit().join();
  }
}
