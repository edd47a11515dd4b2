package dev.driftless.bench.chaos.check;

/**
 * Where everything is; all addresses are of the servers themselves.
 *
 * @param name of the installation: the prefix of topics, schemas, keys and collections
 */
public record Stores(
    String name,
    String bootstrapServers,
    String registryUrl,
    String jdbcUrl,
    String user,
    String password,
    String redisUrl,
    String qdrantUrl) {

  String prefixed(String separator, String base) {
    return name.isEmpty() ? base : name + separator + base;
  }

  String log() {
    return prefixed("-", "memory-events");
  }

  /** Never the password. */
  @Override
  public String toString() {
    return "Stores[" + name + "]";
  }
}
