package dev.driftless.bench.chaos;

import dev.driftless.bench.chaos.check.Stores;
import dev.driftless.local.Addresses;
import dev.driftless.local.FaultyProxy;
import dev.driftless.local.FaultyProxy.Passage;
import dev.driftless.local.LocalStack;
import dev.driftless.local.Progress;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.producer.LogTopic;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.Lag;
import dev.driftless.schemas.EventRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Real servers of its own with a {@link FaultyProxy} on the way to each view's store, and the
 * projectors of one log after the other. The servers are gone when it is closed, or when this JVM
 * is. For one thread.
 */
final class ChaosStack implements AutoCloseable {

  static final int PARTITIONS = 3;

  private static final Duration ANSWER_DELAY = Duration.ofMillis(300);

  /** Of each call, shorter than a store stays mute, so that what is on its way arrives. */
  private static final Duration CALL_DELAY = Duration.ofMillis(25);

  /** Until the calls of a batch, up to a dozen, are made under that delay. */
  private static final Duration BATCH_DELAY = CALL_DELAY.multipliedBy(12);

  private final TestStack servers;
  private final Addresses addresses;
  private final Disk disk;
  private final Map<String, FaultyProxy> proxies = new LinkedHashMap<>();
  private final Set<String> losers = ConcurrentHashMap.newKeySet();
  private @Nullable AppendOnlyFile appendOnlyFile;
  private @Nullable Fleet projectors;
  private String name = "";

  private ChaosStack(TestStack servers, Disk disk, Addresses addresses) {
    this.servers = servers;
    this.disk = disk;
    this.addresses = addresses;
    URI redis = URI.create(addresses.redisUrl());
    for (String view : List.of("relational", "context", "audit")) {
      proxies.put(view, FaultyProxy.before(addresses.postgresHost(), addresses.postgresPort()));
    }
    proxies.put("cache", FaultyProxy.before(redis.getHost(), redis.getPort()));
    String[] grpc = addresses.qdrantGrpc().split(":", 2);
    proxies.put("vector", FaultyProxy.before(grpc[0], Integer.parseInt(grpc[1])));
  }

  /** Starts the servers. */
  static ChaosStack open() {
    TestStack servers = TestStack.fresh(ServerKind.KAFKA);
    try {
      return open(servers, Disk.at(servers.stack().data(ServerKind.REDIS)));
    } catch (RuntimeException e) {
      servers.close();
      throw e;
    }
  }

  private static ChaosStack open(TestStack servers, Disk disk) {
    try {
      return new ChaosStack(servers, disk, servers.with(ServerKind.values()));
    } catch (RuntimeException e) {
      unmount(servers, disk);
      throw e;
    }
  }

  /** What can be done here. */
  Set<FaultKind> kinds() {
    Set<FaultKind> kinds = EnumSet.allOf(FaultKind.class);
    if (!disk.isMounted()) {
      kinds.remove(FaultKind.DISK_FULL);
    }
    return kinds;
  }

  Path home() {
    return servers.stack().home();
  }

  FaultyProxy proxy(String view) {
    FaultyProxy proxy = proxies.get(view);
    if (proxy == null) {
      throw new IllegalArgumentException("there is no way to the store of '" + view + "'");
    }
    return proxy;
  }

  Disk disk() {
    return disk;
  }

  Fleet projectors() {
    if (projectors == null) {
      throw new IllegalStateException("no projectors were started");
    }
    return projectors;
  }

  /** What whoever asks the servers themselves has to know of this log. */
  ProjectorsConfig direct(String name) {
    Map<String, String> variables = new HashMap<>(addresses.environment());
    variables.put("DRIFTLESS_NAME", name);
    return ProjectorsConfig.load(null, variables::get);
  }

  Stores stores(String name) {
    return new Stores(
        name,
        addresses.kafkaBootstrapServers(),
        addresses.schemaRegistryUrl(),
        addresses.jdbcUrl(),
        addresses.postgresUser(),
        addresses.postgresPassword(),
        addresses.redisUrl(),
        addresses.qdrantHttp());
  }

  /**
   * Makes a log, and starts one process that keeps its views through the proxies.
   *
   * @param classPath of the projectors
   * @param logs where they print
   */
  void begin(String name, String classPath, Path logs) {
    this.name = name;
    ProjectorsConfig config = direct(name);
    try (Admin admin = Admin.create(new HashMap<>(config.kafka()));
        EventRegistry registry = config.openRegistry()) {
      LogTopic.create(admin, config.names(), PARTITIONS, 1, Views.names());
      registry.register();
    }
    losers.clear();
    appendOnlyFile = appendOnlyFile();
    projectors = new Fleet(classPath, throughProxies(name), data(name), logs);
    projectors.start();
  }

  /**
   * Ends the projectors, whatever became of them and of the servers, and takes away what they kept
   * and what the views of their log hold.
   */
  void end() {
    if (projectors != null) {
      projectors.close();
      projectors = null;
    }
    disk.free();
    proxies.values().forEach(ChaosStack::passAll);
    startServers(EnumSet.allOf(ServerKind.class));
    proxies.keySet().forEach(this::wipe);
    deleteData();
  }

  private void deleteData() {
    try {
      Utils.delete(data(name).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Calls are slow for a while before the answers stop: so they stop in the middle of a batch, each
   * time after another of its calls, and now and then after the last one.
   */
  void mute(String view) {
    FaultyProxy proxy = proxy(view);
    proxy.delay(CALL_DELAY);
    Pause.of(BATCH_DELAY);
    proxy.pass(Passage.MUTE);
    proxy.delay(Duration.ZERO);
  }

  private static void passAll(FaultyProxy proxy) {
    proxy.pass(Passage.OPEN);
    proxy.delay(Duration.ZERO);
    proxy.fail(0, 0);
    proxy.release();
  }

  void kill(String target) {
    if (target.equals("projector")) {
      projectors().kill();
    } else {
      killServer(ServerKind.valueOf(target.toUpperCase(Locale.ROOT)));
    }
  }

  /** A Redis that syncs each second has acknowledged what it does not write during a long sync. */
  private void killServer(ServerKind kind) {
    if (kind == ServerKind.REDIS) {
      losers.add("cache");
    }
    stack().kill(kind);
  }

  void start(String target) {
    if (target.equals("projector")) {
      projectors().start();
    } else {
      startServers(EnumSet.of(ServerKind.valueOf(target.toUpperCase(Locale.ROOT))));
    }
  }

  void killEverything() {
    projectors().kill();
    Stream.of(ServerKind.values()).parallel().forEach(this::killServer);
  }

  void startEverything() {
    startServers(EnumSet.allOf(ServerKind.class));
    projectors().start();
  }

  /**
   * Stops the first projector while it waits for answers, so that it goes on in the middle of what
   * it did.
   *
   * @return what it owned, and goes on to believe
   */
  Ownership suspendProjector() {
    proxies.values().forEach(proxy -> proxy.delay(ANSWER_DELAY));
    Pause.of(ANSWER_DELAY.multipliedBy(3));
    projectors().suspendFirst();
    proxies.values().forEach(proxy -> proxy.delay(Duration.ZERO));
    try (Lag lag = new Lag(direct(name))) {
      Ownership now = Ownership.now(lag);
      if (!now.isWhole()) {
        throw new IllegalStateException("not all partitions have an owner: " + now);
      }
      return now;
    }
  }

  /**
   * The next writes of the projectors that run now do not arrive; whoever is started later is not
   * held up.
   */
  void holdBackWrites() {
    proxies.values().forEach(FaultyProxy::holdBack);
  }

  /** They arrive now, before whoever sent them can send more. */
  void releaseWrites() {
    proxies.values().forEach(FaultyProxy::release);
    Pause.of(ANSWER_DELAY);
  }

  /** Returns when another process has taken every partition of every view over. */
  void awaitOtherOwners(Ownership before) {
    try (Lag lag = new Lag(direct(name))) {
      Pause.until(
          "another process has taken all partitions over",
          () -> Ownership.now(lag).isAllAnotherSince(before));
    }
  }

  /** Empties the view's store, in one step. */
  void wipe(String view) {
    losers.add(view);
    Stores stores = stores(name);
    switch (view) {
      case "relational" -> Wipe.schema(stores, name + "_driftless");
      case "context" -> Wipe.schema(stores, name + "_driftless_context");
      case "audit" -> Wipe.schema(stores, name + "_driftless_audit");
      case "vector" -> Wipe.collections(stores);
      default -> Wipe.redis(stores.redisUrl());
    }
  }

  /** Whether the view's store may have lost what it had acknowledged; from any thread. */
  boolean hasLost(String view) {
    return losers.contains(view);
  }

  /** Redis is killed, and the end of its file is cut off: never what was there before this log. */
  void cutAppendOnlyFile() {
    killServer(ServerKind.REDIS);
    try {
      Objects.requireNonNull(appendOnlyFile, "no log was begun").cutTail();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Copies what the servers printed. */
  void keepLogs(Path to) {
    try (Stream<Path> logs = Files.list(home().resolve("log"))) {
      Files.createDirectories(to);
      for (Path log : logs.toList()) {
        Files.copy(log, to.resolve(log.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      if (projectors != null) {
        projectors.kill();
      }
      proxies.values().forEach(FaultyProxy::close);
    } finally {
      try {
        unmount(servers, disk);
      } finally {
        servers.close();
      }
    }
  }

  private static void unmount(TestStack servers, Disk disk) {
    servers.stack().kill(ServerKind.REDIS);
    disk.close();
  }

  private void startServers(Set<ServerKind> kinds) {
    Addresses unused = stack().start(kinds, Progress.silent());
  }

  private LocalStack stack() {
    return servers.stack();
  }

  private Map<String, String> throughProxies(String name) {
    Map<String, String> variables = new HashMap<>(addresses.environment());
    variables.put("DRIFTLESS_NAME", name);
    variables.put("PGPORT", String.valueOf(proxy("relational").port()));
    variables.put("CONTEXT_URL", jdbcUrl("context"));
    variables.put("AUDIT_URL", jdbcUrl("audit"));
    variables.put("REDIS_URL", "redis://127.0.0.1:" + proxy("cache").port());
    variables.put("QDRANT_GRPC", "127.0.0.1:" + proxy("vector").port());
    variables.put("DRIFTLESS_CHECK_INTERVAL", "PT1S");
    variables.put("DRIFTLESS_COMMIT_INTERVAL", "PT1S");
    return variables;
  }

  private String jdbcUrl(String view) {
    return "jdbc:postgresql://127.0.0.1:%d/%s"
        .formatted(proxy(view).port(), addresses.postgresDatabase());
  }

  private AppendOnlyFile appendOnlyFile() {
    try {
      return AppendOnlyFile.now(data("redis").resolve("appendonly.aof"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What somebody keeps on disk. */
  Path data(String whose) {
    return home().resolve("data").resolve(whose);
  }
}
