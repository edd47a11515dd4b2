package dev.driftless.bench.faults;

import dev.driftless.local.Addresses;
import dev.driftless.local.FaultyProxy;
import dev.driftless.local.TestStack;
import java.net.URI;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A bad network before each store, three of which are one PostgreSQL. */
final class Proxies implements AutoCloseable {

  private final Addresses servers;
  private final Map<Store, FaultyProxy> proxies = new EnumMap<>(Store.class);

  Proxies(TestStack stack, Addresses servers, Way way) {
    this.servers = servers;
    // projectors speak gRPC
    String qdrant = way == Way.DRIFTLESS ? "http://" + servers.qdrantGrpc() : servers.qdrantHttp();
    proxies.put(Store.VECTOR, before(qdrant));
    proxies.put(Store.CACHE, before(servers.redisUrl()));
    proxies.put(Store.LOG, stack.kafkaProxy());
    for (Store store : List.of(Store.RELATIONAL, Store.AUDIT, Store.CONTEXT)) {
      proxies.put(store, FaultyProxy.before(servers.postgresHost(), servers.postgresPort()));
    }
  }

  private static FaultyProxy before(String address) {
    URI uri = URI.create(address);
    return FaultyProxy.before(uri.getHost(), uri.getPort());
  }

  /** From now on calls fail, to each store by a choice of its own. */
  void fail(double probability, long seed) {
    proxies.forEach((store, proxy) -> proxy.fail(probability, seed + store.ordinal()));
  }

  /** What a process that is to go through the proxies has to find in its environment. */
  Map<String, String> variables() {
    Map<String, String> variables = new HashMap<>(servers.environment());
    variables.put("KAFKA_BOOTSTRAP_SERVERS", address(Store.LOG));
    variables.put("PGPORT", String.valueOf(port(Store.RELATIONAL)));
    variables.put("AUDIT_URL", jdbc(Store.AUDIT));
    variables.put("CONTEXT_URL", jdbc(Store.CONTEXT));
    variables.put("REDIS_URL", "redis://" + address(Store.CACHE));
    variables.put("QDRANT_GRPC", address(Store.VECTOR));
    variables.put("QDRANT_HTTP", "http://" + address(Store.VECTOR));
    return variables;
  }

  List<StoreCalls> calls() {
    return proxies.entrySet().stream()
        .map(e -> new StoreCalls(e.getKey(), e.getValue().calls(), e.getValue().failedCalls()))
        .toList();
  }

  private String jdbc(Store store) {
    return "jdbc:postgresql://%s/%s".formatted(address(store), servers.postgresDatabase());
  }

  private String address(Store store) {
    return "127.0.0.1:" + port(store);
  }

  private int port(Store store) {
    FaultyProxy proxy = proxies.get(store);
    if (proxy == null) {
      throw new IllegalStateException("no proxy before " + store.id());
    }
    return proxy.port();
  }

  @Override
  public void close() {
    proxies.values().forEach(FaultyProxy::close);
  }
}
