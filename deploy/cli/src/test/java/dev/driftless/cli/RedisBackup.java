package dev.driftless.cli;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.driftless.local.Addresses;
import dev.driftless.local.Progress;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A snapshot of Redis. A copy of its append-only file would not do: it may end in the middle of a
 * transaction, which Redis then applies together with the next one when it is started the time
 * after.
 */
record RedisBackup(TestStack servers, Path dump) {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  static RedisBackup take(TestStack servers, Path to) throws IOException {
    RedisBackup backup = new RedisBackup(servers, to);
    backup.ask(
        redis -> {
          assertThat(redis.bgsave()).contains("started");
          awaitInfo(redis, "rdb_bgsave_in_progress:0");
          awaitInfo(redis, "rdb_last_bgsave_status:ok");
        });
    Path unused = Files.copy(backup.data().resolve("dump.rdb"), to);
    return backup;
  }

  /** With an append-only file Redis reads no snapshot, so it is started without one first. */
  void putBack() throws IOException, InterruptedException {
    String program = servers.program(ServerKind.REDIS);
    servers.stack().kill(ServerKind.REDIS);
    Files.delete(data().resolve("appendonly.aof"));
    Path unused = Files.copy(dump, data().resolve("dump.rdb"), REPLACE_EXISTING);
    Process process =
        new ProcessBuilder(
                program,
                "--port",
                String.valueOf(address().getPort()),
                "--bind",
                address().getHost(),
                "--dir",
                data().toString(),
                "--appendonly",
                "no",
                "--save",
                "")
            .redirectErrorStream(true)
            .redirectOutput(data().resolve("once.log").toFile())
            .start();
    try {
      ask(
          redis -> {
            awaitInfo(redis, "loading:0");
            assertThat(redis.configSet("appendonly", "yes")).isEqualTo("OK");
            awaitInfo(redis, "aof_rewrite_scheduled:0");
            awaitInfo(redis, "aof_rewrite_in_progress:0");
            awaitInfo(redis, "aof_last_bgrewrite_status:ok");
            redis.shutdown(false);
          });
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    Addresses running = servers.stack().start(EnumSet.of(ServerKind.REDIS), Progress.silent());
  }

  private void ask(Consumer<RedisCommands<String, String>> questions) {
    RedisClient client = RedisClient.create(servers.stack().addresses().redisUrl());
    try (StatefulRedisConnection<String, String> connection =
        await()
            .atMost(PATIENCE)
            .ignoreException(RedisConnectionException.class)
            .until(client::connect, StatefulRedisConnection::isOpen)) {
      questions.accept(connection.sync());
    } finally {
      client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
  }

  private static void awaitInfo(RedisCommands<String, String> redis, String line) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(redis.info("persistence").lines()).contains(line));
  }

  private URI address() {
    return URI.create(servers.stack().addresses().redisUrl());
  }

  private Path data() {
    return servers.stack().data(ServerKind.REDIS);
  }
}
