package dev.driftless.local;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the servers of a stack are. A stack may lack servers: asking for the address of one that it
 * never had throws {@link IllegalStateException}, and {@link #environment()} leaves it out.
 *
 * @param kafkaBootstrapServers {@code host:port}
 * @param schemaRegistryUrl base URL for Confluent clients
 * @param redisUrl {@code redis://host:port}
 * @param qdrantGrpc {@code host:port}
 * @param qdrantHttp {@code http://host:port}
 */
public record Addresses(
    String kafkaBootstrapServers,
    String schemaRegistryUrl,
    String postgresHost,
    int postgresPort,
    String postgresUser,
    String postgresPassword,
    String postgresDatabase,
    String redisUrl,
    String qdrantGrpc,
    String qdrantHttp) {

  static final String HOST = "127.0.0.1";

  /** The addresses of those servers that have ports. */
  static Addresses of(Map<ServerKind, Ports> ports) {
    boolean postgres = ports.containsKey(ServerKind.POSTGRES);
    return new Addresses(
        at("", ports, ServerKind.KAFKA, KafkaServer.CLIENTS, ""),
        at("http://", ports, ServerKind.REGISTRY, RegistryServer.HTTP, RegistryServer.PATH),
        postgres ? HOST : "",
        postgres ? port(ports, ServerKind.POSTGRES, PostgresServer.SQL) : 0,
        postgres ? PostgresServer.USER : "",
        postgres ? PostgresServer.PASSWORD : "",
        postgres ? PostgresServer.DATABASE : "",
        at("redis://", ports, ServerKind.REDIS, RedisServer.RESP, ""),
        at("", ports, ServerKind.QDRANT, QdrantServer.GRPC, ""),
        at("http://", ports, ServerKind.QDRANT, QdrantServer.HTTP, ""));
  }

  @Override
  public String kafkaBootstrapServers() {
    return present(ServerKind.KAFKA, kafkaBootstrapServers);
  }

  @Override
  public String schemaRegistryUrl() {
    return present(ServerKind.REGISTRY, schemaRegistryUrl);
  }

  @Override
  public String postgresHost() {
    return present(ServerKind.POSTGRES, postgresHost);
  }

  @Override
  public int postgresPort() {
    present(ServerKind.POSTGRES, postgresHost);
    return postgresPort;
  }

  @Override
  public String postgresUser() {
    return present(ServerKind.POSTGRES, postgresUser);
  }

  @Override
  public String postgresPassword() {
    return present(ServerKind.POSTGRES, postgresPassword);
  }

  @Override
  public String postgresDatabase() {
    return present(ServerKind.POSTGRES, postgresDatabase);
  }

  @Override
  public String redisUrl() {
    return present(ServerKind.REDIS, redisUrl);
  }

  @Override
  public String qdrantGrpc() {
    return present(ServerKind.QDRANT, qdrantGrpc);
  }

  @Override
  public String qdrantHttp() {
    return present(ServerKind.QDRANT, qdrantHttp);
  }

  /** For {@code DriverManager}, without the credentials. */
  public String jdbcUrl() {
    return "jdbc:postgresql://" + postgresHost() + ":" + postgresPort + "/" + postgresDatabase;
  }

  /** The environment variables that programs of Driftless read, for the servers this stack has. */
  public Map<String, String> environment() {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("KAFKA_BOOTSTRAP_SERVERS", kafkaBootstrapServers);
    variables.put("SCHEMA_REGISTRY_URL", schemaRegistryUrl);
    variables.put("PGHOST", postgresHost);
    variables.put("PGPORT", postgresPort == 0 ? "" : String.valueOf(postgresPort));
    variables.put("PGUSER", postgresUser);
    variables.put("PGPASSWORD", postgresPassword);
    variables.put("PGDATABASE", postgresDatabase);
    // whatever else this user's PostgreSQL asks for, this one speaks in the clear
    variables.put("PGSSLMODE", postgresHost.isEmpty() ? "" : "disable");
    variables.put("REDIS_URL", redisUrl);
    variables.put("QDRANT_GRPC", qdrantGrpc);
    variables.put("QDRANT_HTTP", qdrantHttp);
    variables.values().removeIf(String::isEmpty);
    return variables;
  }

  private static String present(ServerKind kind, String address) {
    if (address.isEmpty()) {
      throw new IllegalStateException(
          "this stack has no " + kind.id() + ": start it before asking for its address");
    }
    return address;
  }

  private static String at(
      String scheme, Map<ServerKind, Ports> ports, ServerKind kind, String name, String path) {
    return ports.containsKey(kind) ? scheme + HOST + ":" + port(ports, kind, name) + path : "";
  }

  private static int port(Map<ServerKind, Ports> ports, ServerKind kind, String name) {
    return ports.getOrDefault(kind, Ports.NONE).get(name);
  }
}
