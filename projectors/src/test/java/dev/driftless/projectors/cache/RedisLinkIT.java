package dev.driftless.projectors.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.KeyValue;
import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandInterruptedException;
import io.lettuce.core.RedisException;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RedisLinkIT {

  private static final Script ADVANCE = Script.read("advance.lua");

  private final TestStack stack = TestStack.fresh(ServerKind.REDIS);
  private final String url = stack.with(ServerKind.REDIS).redisUrl();
  private final RedisLink link = new RedisLink(patient(url));
  private final RedisLink admin = new RedisLink(patient(url));

  @AfterEach
  void close() {
    link.close();
    admin.close();
    stack.close();
  }

  @Test
  void a_thread_does_not_queue_behind_what_another_waits_for() throws Exception {
    CompletableFuture<KeyValue<String, String>> blocked =
        CompletableFuture.supplyAsync(() -> link.run(r -> r.blpop(0.0, "list")));
    await().until(() -> clients().contains("cmd=blpop"));
    assertAnswers(link);
    assertThat(blocked).isNotDone();
    link.run(r -> r.rpush("list", "value"));
    assertThat(blocked.get(10, TimeUnit.SECONDS).getValue()).isEqualTo("value");
    assertThat(clients().lines()).hasSize(3);
  }

  @Test
  void threads_one_after_the_other_share_a_connection() {
    for (int i = 0; i < 5; i++) {
      CompletableFuture.runAsync(() -> link.run(r -> r.ping())).join();
    }
    assertThat(clients().lines()).hasSize(2);
  }

  @Test
  void what_is_to_be_on_one_connection_fails_where_that_breaks_in_between() {
    assertThatExceptionOfType(RedisException.class)
        .isThrownBy(
            () ->
                link.onOne(
                    connection -> {
                      String pong = connection.run(r -> r.ping());
                      assertThat(pong).isEqualTo("PONG");
                      admin.run(r -> r.clientKill(KillArgs.Builder.typeNormal().skipme(true)));
                      await().until(() -> !connection.isOpen());
                      return connection.run(r -> r.ping());
                    }));
    assertAnswers(link);
  }

  @Test
  void an_interrupted_call_gives_its_connection_up() throws Exception {
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                link.run(r -> r.blpop(0.0, "list"));
              } catch (RedisException e) {
                failure.complete(e);
              }
            });
    thread.start();
    await().until(() -> clients().contains("cmd=blpop"));
    thread.interrupt();
    assertThat(failure.get(10, TimeUnit.SECONDS))
        .isInstanceOf(RedisCommandInterruptedException.class);
    thread.join();
    await().until(() -> clients().lines().count() == 1);
    assertAnswers(link);
  }

  @Test
  void who_may_not_load_a_script_is_told_so() {
    admin.run(
        r ->
            r.aclSetuser(
                "noload",
                AclSetuserArgs.Builder.on()
                    .nopass()
                    .allKeys()
                    .allCommands()
                    .removeCommand(CommandType.SCRIPT)));
    try (RedisLink noload =
        new RedisLink(patient(url.replace("redis://", "redis://noload:any@")))) {
      assertThatExceptionOfType(RedisCommandExecutionException.class)
          .isThrownBy(() -> noload.run(ADVANCE, List.of(ScriptCall.of("key", 1, 0, "t", 1, 1))))
          .withMessageContaining("NOPERM");
    }
  }

  private static void assertAnswers(RedisLink link) {
    String pong = link.run(r -> r.ping());
    assertThat(pong).isEqualTo("PONG");
  }

  /** A line for each connection, that of {@code admin} among them. */
  private String clients() {
    return admin.run(r -> r.clientList());
  }

  private static CacheConfig patient(String url) {
    return new CacheConfig(url, null, Duration.ofMinutes(1), Duration.ofHours(1), 50);
  }
}
