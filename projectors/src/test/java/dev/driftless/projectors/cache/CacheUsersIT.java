package dev.driftless.projectors.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.Projector;
import dev.driftless.schemas.Names;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the shipped users see and cannot do; what they can, {@link CacheUsersContractIT} shows. */
final class CacheUsersIT {

  private static final String PROJECTOR = "driftless-cache";
  private static final String RECONCILER = "driftless-reconciler";
  private static final String READER = "acme-reader";

  private final CacheFixture fixture =
      CacheFixture.withUsers(TestStack.shared().with(ServerKind.REDIS).redisUrl());
  private final Names names = fixture.names();
  private final List<RedisClient> clients = new ArrayList<>();

  @BeforeEach
  void fill() {
    TestLog log = new TestLog();
    for (String tenant : List.of("acme", "acme/x", "initech")) {
      log.append(tenant, "mia", "s1", Payloads.started());
      log.append(tenant, "mia", "s1", Payloads.recorded("m1", "text"));
      log.append(tenant, "mia", "s1", Payloads.said("a", "hello"));
      log.append(tenant, "mia", "s1", Payloads.intended("c1"));
      log.append(tenant, "mia", "s1", Payloads.learned("p1", 0.5));
    }
    try (Projector projector = fixture.open()) {
      log.applyTo(projector);
    }
  }

  @AfterEach
  void close() {
    clients.forEach(client -> client.shutdown(Duration.ZERO, Duration.ofSeconds(1)));
    fixture.close();
  }

  @Test
  void a_server_begins_with_the_file_once_it_has_passwords(@TempDir Path directory)
      throws Exception {
    String shipped = Files.readString(RedisUsers.SHIPPED);
    assertThat(begins(directory, shipped)).isFalse();
    assertThat(begins(directory, shipped.replace("#CHANGE-ME", ">secret"))).isTrue();
    assertThat(shipped).startsWith("user default off\n");
  }

  private static boolean begins(Path directory, String users) throws Exception {
    String program = TestStack.shared().program(ServerKind.REDIS);
    Path file = Files.writeString(directory.resolve("users.acl"), users);
    Process server =
        new ProcessBuilder(
                program, "--port", "0", "--unixsocket", "socket", "--aclfile", file.toString())
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    try {
      // what it refuses it says, and ends
      return server.inputReader().lines().anyMatch(line -> line.contains("eady to accept"));
    } finally {
      server.destroyForcibly();
    }
  }

  @Test
  void reader_sees_all_of_its_tenant() {
    try (CacheReader acme = CacheReader.open(names, fixture.as(READER))) {
      assertThat(acme.sessions("acme", "mia")).hasSize(1);
      assertThat(acme.messages("acme", "mia", "s1")).hasSize(1);
      assertThat(acme.memories("acme", "mia")).hasSize(1);
      assertThat(acme.openToolCalls("acme", "mia", "s1")).hasSize(1);
      assertThat(acme.patterns("acme", "mia")).hasSize(1);
    }
  }

  @Test
  void reader_sees_nothing_of_others_not_even_that_they_are_there() {
    try (CacheReader acme = CacheReader.open(names, fixture.as(READER))) {
      for (String tenant : List.of("initech", "acme/x", "acm", "*")) {
        assertDenied(() -> acme.memories(tenant, "mia"));
        assertDenied(() -> acme.messages(tenant, "mia", "s1"));
      }
    }
    RedisCommands<String, String> acme = as(READER);
    assertThat(acme.exists(key("acme", "memories"))).isEqualTo(1);
    assertDenied(() -> acme.exists(key("initech", "memories")));
    assertDenied(() -> acme.exists(key("acme", "memories"), key("initech", "memories")));
    assertDenied(() -> acme.hgetall(CacheKeys.position(names, 0)));
    assertDenied(() -> acme.keys("*"));
    assertDenied(acme::scan);
    assertDenied(acme::randomkey);
    assertDenied(acme::dbsize);
    assertDenied(acme::clientList);
    assertDenied(() -> acme.eval("return 1", ScriptOutputType.INTEGER));
  }

  @Test
  void reader_and_reconciler_write_nothing() {
    for (String user : List.of(READER, RECONCILER)) {
      RedisCommands<String, String> redis = as(user);
      assertDenied(() -> redis.set(key("acme", "applied"), "99"));
      assertDenied(() -> redis.del(key("acme", "memories")));
      assertDenied(() -> redis.hset(key("acme", "patterns"), "p1", "{}"));
      assertDenied(() -> redis.expire(key("acme", "memories"), 1));
      assertDenied(() -> redis.flushall());
    }
  }

  @Test
  void scripts_of_the_reconciler_write_no_more_than_it_may() {
    String sha = as(RECONCILER).scriptLoad("return redis.call('DEL', KEYS[1])");
    assertDenied(
        () -> as(RECONCILER).evalsha(sha, ScriptOutputType.INTEGER, key("acme", "memories")));
    assertThat(fixture.redis().exists(key("acme", "memories"))).isEqualTo(1);
  }

  @Test
  void nobody_gets_further_than_the_installation_or_changes_the_server() {
    fixture.redis().set(names.name() + "-elsewhere", "secret");
    try {
      for (String user : List.of(PROJECTOR, RECONCILER, READER)) {
        RedisCommands<String, String> redis = as(user);
        assertDenied(() -> redis.get(names.name() + "-elsewhere"));
        assertDenied(() -> redis.configGet("*"));
        assertDenied(() -> redis.configSet("maxmemory-policy", "allkeys-lru"));
        assertDenied(() -> redis.aclList());
        assertDenied(() -> redis.aclSetuser(user, AclSetuserArgs.Builder.allKeys()));
        assertDenied(() -> redis.flushdb());
        assertDenied(() -> redis.publish("channel", "text"));
        assertDenied(() -> redis.replicaofNoOne());
      }
    } finally {
      fixture.redis().del(names.name() + "-elsewhere");
    }
  }

  @Test
  void reconciler_finds_every_entity_of_all_tenants() {
    BitSet all = new BitSet();
    all.set(0, 1 << 16);
    List<String> found = new ArrayList<>();
    try (Inspector inspector = fixture.inspect(1)) {
      inspector.entities(
          all,
          entity -> {
            found.add(entity.tenant());
            assertThat(inspector.contents(entity)).isNotEmpty();
          });
    }
    assertThat(found).contains("acme", "acme/x", "initech");
  }

  private String key(String tenant, String part) {
    return CacheKeys.of(names, tenant, "mia").subject() + part;
  }

  private RedisCommands<String, String> as(String user) {
    RedisClient client = RedisClient.create(fixture.as(user).redisUri());
    clients.add(client);
    return client.connect().sync();
  }

  private static void assertDenied(Runnable command) {
    assertThatThrownBy(command::run).hasMessageMatching("(?s).*(no permissions|can't run).*");
  }
}
