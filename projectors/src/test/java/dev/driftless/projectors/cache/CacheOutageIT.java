package dev.driftless.projectors.cache;

import static dev.driftless.projectors.cache.Payloads.recorded;
import static dev.driftless.projectors.cache.Payloads.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.Projector;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.protocol.CommandType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A Redis that is away, slow, full, closed or badly set up. */
class CacheOutageIT {

  private final TestStack stack = TestStack.fresh(ServerKind.REDIS);
  private final String url = stack.with(ServerKind.REDIS).redisUrl();
  private final CacheFixture cache = new CacheFixture(url);
  private final Projector projector = open(url);
  private final TestLog log = new TestLog();

  @AfterEach
  void close() {
    projector.close();
    stack.close();
  }

  @Test
  void a_closed_port_is_waited_for() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    try (Projector away = open("redis://127.0.0.1:" + free)) {
      assertIsWaitedFor(() -> away.acquire(0));
      assertIsWaitedFor(() -> away.stored(0));
    }
  }

  @Test
  void a_server_that_died_and_came_back_is_gone_on_with() {
    // with "everysec" Redis acknowledges what it has not written while an earlier sync takes long
    cache.redis().configSet("appendfsync", "always");
    log.append(null, recorded("m1", "before"));
    Fence fence = log.applyTo(projector);
    log.append(null, recorded("m2", "after"));
    stack.stack().kill(ServerKind.REDIS);
    assertIsWaitedFor(() -> projector.apply(log.batch(fence.epoch(), 1, 2)));
    stack.with(ServerKind.REDIS);
    projector.apply(log.batch(fence.epoch(), 1, 2));
    assertThat(memories()).containsExactly("m1", "m2");
  }

  @Test
  void a_server_that_does_not_answer_is_waited_for_and_late_data_does_no_harm() {
    log.append(null, recorded("m1", "late"));
    Fence fence = projector.acquire(0);
    stack.stack().suspend(ServerKind.REDIS);
    long before = System.nanoTime();
    assertIsWaitedFor(() -> projector.apply(log.batch(fence.epoch(), 0, 1)));
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(4));
    stack.stack().resume(ServerKind.REDIS);
    projector.apply(log.batch(fence.epoch(), 0, 1));
    assertThat(memories()).containsExactly("m1");
  }

  @Test
  void a_full_server_is_waited_for_and_nothing_is_half_done() {
    for (int i = 0; i < 50; i++) {
      log.append("acme", "subject" + i, "s", i % 2 == 0 ? recorded("m", "text") : started());
    }
    Fence fence = projector.acquire(0);
    cache.redis().configSet("maxmemory", "1");
    assertIsWaitedFor(() -> projector.apply(log.batch(fence.epoch(), 0, 50)));
    assertThat(cache.shown()).isEmpty();
    cache.redis().configSet("maxmemory", "0");
    projector.apply(log.batch(fence.epoch(), 0, 50));
    assertThat(cache.shown()).hasSize(100);
  }

  @Test
  void a_replica_is_waited_for() {
    log.append(null, recorded("m1", "text"));
    Fence fence = projector.acquire(0);
    cache.redis().replicaof("127.0.0.1", 1);
    assertIsWaitedFor(() -> projector.apply(log.batch(fence.epoch(), 0, 1)));
    cache.redis().replicaofNoOne();
    projector.apply(log.batch(fence.epoch(), 0, 1));
  }

  @Test
  void a_missing_or_wrong_password_is_waited_for() {
    cache.redis().configSet("requirepass", "secret");
    try (Projector none = open(url);
        Projector wrong = open(url.replace("redis://", "redis://:wrong@"));
        Projector right = open(url.replace("redis://", "redis://:secret@"))) {
      assertIsWaitedFor(() -> none.acquire(0));
      assertIsWaitedFor(() -> wrong.acquire(0));
      assertThat(right.acquire(0).epoch()).isPositive();
    }
  }

  @Test
  void a_server_that_evicts_keys_is_refused_by_naming_the_setting() {
    cache.redis().configSet("maxmemory-policy", "allkeys-lru");
    assertThatExceptionOfType(EvictionException.class)
        .isThrownBy(() -> projector.acquire(0))
        .withMessageContaining("maxmemory-policy")
        .withMessageContaining("allkeys-lru")
        .withMessageContaining("noeviction")
        .satisfies(e -> assertThat(projector.isTransient(e)).isFalse());
    assertThat(projector.stored(0)).isEqualTo(Fence.NONE);
  }

  @Test
  void a_server_that_does_not_tell_its_policy_is_used() {
    cache
        .redis()
        .aclSetuser(
            "keeper",
            AclSetuserArgs.Builder.on()
                .addPassword("pw")
                .allKeys()
                .allCommands()
                .removeCommand(CommandType.INFO)
                .removeCommand(CommandType.CONFIG));
    try (Projector keeper = open(url.replace("redis://", "redis://keeper:pw@"))) {
      assertThat(keeper.acquire(0).epoch()).isPositive();
    }
  }

  @Test
  void what_is_no_outage_is_not_waited_for() {
    assertThat(projector.isTransient(new FencedException("cache", 0, 1))).isFalse();
    assertThat(projector.isTransient(new IllegalArgumentException())).isFalse();
    assertThat(projector.isTransient(new RedisCommandTimeoutException("late"))).isTrue();
  }

  private Projector open(String url) {
    CacheConfig usual = CacheConfig.of(url);
    return CacheProjector.open(
        cache.names(),
        new CacheConfig(
            url, null, Duration.ofSeconds(1), usual.sessionTtl(), usual.messagesPerSession()));
  }

  private void assertIsWaitedFor(ThrowingCallable call) {
    Exception e = catchThrowableOfType(Exception.class, call);
    assertThat(e).isNotNull();
    assertThat(projector.isTransient(e)).as(e.toString()).isTrue();
  }

  private List<String> memories() {
    try (CacheReader reader = cache.reader()) {
      return reader.memories("acme", "mia").stream().map(CacheReader.LiveMemory::memoryId).toList();
    }
  }
}
