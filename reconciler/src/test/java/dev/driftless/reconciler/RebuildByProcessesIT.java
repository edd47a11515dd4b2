package dev.driftless.reconciler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.driftless.projectors.Generations;
import dev.driftless.projectors.Generations.Numbers;
import dev.driftless.projectors.app.Views;
import dev.driftless.schemas.Names;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Views are rebuilt while one projector process of them, two, or none is there. */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RebuildByProcessesIT {

  private static final String[] REBUILT = {"relational", "vector"};
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final KeptViews views = new KeptViews();
  private final Map<String, Rebuild> rebuilds = new LinkedHashMap<>();
  private final Admin admin = Admin.create(new HashMap<>(views.config().kafka()));
  private Reconciler reconciler;
  private Process process;

  @BeforeAll
  void fill() throws IOException {
    process = start();
    views.publish(Events.everything("mia"));
    views.publish(Events.stream(new Random(8), 10, 300));
    views.awaitCaughtUp(REBUILT);
    reconciler = views.reconciler("processes");
    for (String view : REBUILT) {
      rebuilds.put(view, new Rebuild(views.config(), view, line -> {}));
    }
  }

  @AfterAll
  void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
    rebuilds.values().forEach(Rebuild::close);
    reconciler.close();
    admin.close();
    views.close();
  }

  @Test
  void two_processes_share_both_generations_and_both_go_over_at_the_switch() throws Exception {
    for (String view : REBUILT) {
      views.start(view);
    }
    views.keepSpares();
    try (Traffic rows = new Traffic(views, reconciler.lag(), "relational");
        Traffic points = new Traffic(views, reconciler.lag(), "vector")) {
      awaitShared(views.config().names());
      rebuilds.values().forEach(Rebuild::prepare);
      awaitShared(views.config().names().spare());
      rebuilds.values().forEach(Rebuild::fill);
      switchAll();
      assertBothAreRight();
      switchAll();
      switchAll();
      rows.assertNothingWentBack();
      points.assertNothingWentBack();
    }
    assertBothAreRight();
    views.stopSpares();
    for (String view : REBUILT) {
      views.stop(view);
    }
    dropAll();
  }

  @Test
  void who_was_killed_before_the_switch_goes_on_in_both_generations_after_it() throws Exception {
    rebuilds.values().forEach(Rebuild::prepare);
    rebuilds.values().forEach(Rebuild::fill);
    views.awaitCaughtUp(REBUILT);
    process.destroyForcibly().waitFor();
    switchAll();

    views.publish(Events.everything("zoe"));
    try (Generations vector = Views.generations("vector", views.config())) {
      Numbers switched = vector.numbers();
      assertThat(vector.exchange(switched, reconciler.lag()::logEnds, false).refused())
          .contains("not at the log's end yet");
      assertThat(vector.numbers()).isEqualTo(switched);
    }

    process = start();
    assertBothAreRight();
    switchAll();
    switchAll();
    assertBothAreRight();
    dropAll();
  }

  private void switchAll() {
    for (Rebuild rebuild : rebuilds.values()) {
      Numbers before = rebuild.numbers();
      exchange(rebuild, before);
      assertThat(rebuild.numbers()).isEqualTo(new Numbers(before.spare(), before.shown()));
    }
  }

  /** On a machine that is too busy it is refused, and run again as the message says. */
  private static void exchange(Rebuild rebuild, Numbers before) {
    for (int left = 3; ; left--) {
      try {
        rebuild.exchange(before);
        return;
      } catch (CannotTellException e) {
        assertThat(rebuild.numbers()).isEqualTo(before);
        if (left == 0) {
          throw e;
        }
      }
    }
  }

  private void dropAll() {
    rebuilds.values().forEach(rebuild -> rebuild.drop(rebuild.numbers()));
  }

  /** Once they have all that is in the log now. */
  private void assertBothAreRight() {
    Map<Integer, Long> cut = reconciler.lag().logEnds();
    rebuilds.forEach(
        (view, rebuild) -> {
          cut.forEach(
              (partition, end) ->
                  await("the shown generation of " + view)
                      .atMost(PATIENCE)
                      .until(() -> reconciler.lag().position(view, partition) >= end));
          rebuild.fill();
          assertThat(reconciler.check(List.of(view), true).exitCode()).as(view).isZero();
          assertThat(reconciler.checkSpare(view).exitCode()).as(view + ", spare").isZero();
        });
  }

  /** Until each of two processes keeps a partition of each view. */
  private void awaitShared(Names names) {
    for (String view : REBUILT) {
      String group = names.group(view);
      await(group)
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(ExecutionException.class) // no such group yet
          .untilAsserted(
              () ->
                  assertThat(group(group).members())
                      .filteredOn(member -> !member.assignment().topicPartitions().isEmpty())
                      .extracting(RebuildByProcessesIT::process)
                      .hasSize(KeptViews.PARTITIONS)
                      .doesNotHaveDuplicates());
    }
  }

  private static String process(MemberDescription thread) {
    return thread.clientId().replaceFirst("-StreamThread-.*", "");
  }

  private ConsumerGroupDescription group(String id) throws Exception {
    return admin
        .describeConsumerGroups(List.of(id))
        .describedGroups()
        .values()
        .iterator()
        .next()
        .get();
  }

  private Process start() throws IOException {
    Map<String, String> variables = new HashMap<>(views.variables());
    variables.put("DRIFTLESS_STATE", views.directory().resolve("process").toString());
    return ProjectorProcess.start(
        "", variables, views.directory(), "--view", REBUILT[0], "--view", REBUILT[1]);
  }
}
