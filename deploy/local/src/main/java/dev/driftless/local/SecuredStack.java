package dev.driftless.local;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A temporary stack whose servers speak to nobody in the clear and ask everybody who he is: Kafka
 * (TLS with a certificate of the client, SCRAM-SHA-512), PostgreSQL (TLS, SCRAM), Redis (TLS, an
 * ACL user, no default one), Qdrant (TLS, API key), each by its own means, and the registry behind
 * a gate (HTTPS, basic authentication). In Kafka that user may do everything, and others what an
 * ACL says.
 *
 * <p>Safe for use by several threads.
 */
public final class SecuredStack implements AutoCloseable {

  private final Security security;
  private final TestStack stack;
  private final Addresses addresses;
  private final @Nullable RegistryGate gate;

  /** Starts these servers. */
  public SecuredStack(Security security, ServerKind... kinds) throws IOException {
    this.security = security;
    this.stack = TestStack.secured(security, kinds);
    this.addresses = stack.stack().addresses();
    this.gate = List.of(kinds).contains(ServerKind.REGISTRY) ? gate() : null;
  }

  private RegistryGate gate() throws IOException {
    try {
      return new RegistryGate(security, URI.create(addresses.schemaRegistryUrl()));
    } catch (IOException | RuntimeException e) {
      stack.close();
      throw e;
    }
  }

  /**
   * All that programs of Driftless need to know: addresses, whom to trust, and the secrets. Not
   * those of servers that this stack lacks.
   */
  public Map<String, String> environment() {
    Map<String, String> variables = addresses.environment();
    String authority = security.authority().toString();
    if (variables.containsKey("KAFKA_BOOTSTRAP_SERVERS")) {
      variables.put("KAFKA_SECURITY_PROTOCOL", "SASL_SSL");
      variables.put("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512");
      variables.put("KAFKA_SASL_JAAS_CONFIG", security.jaas());
      variables.put("KAFKA_SSL_TRUSTSTORE_TYPE", "PEM");
      variables.put("KAFKA_SSL_TRUSTSTORE_LOCATION", authority);
      variables.put("KAFKA_SSL_KEYSTORE_TYPE", "PEM");
      variables.put("KAFKA_SSL_KEYSTORE_LOCATION", security.keyStore().toString());
    }
    if (gate != null) {
      variables.put("SCHEMA_REGISTRY_URL", gate.address().toString());
      variables.put("SCHEMA_REGISTRY_AUTH", "USER_INFO");
      variables.put(
          "SCHEMA_REGISTRY_USER_INFO",
          security.user() + ":" + security.secret(ServerKind.REGISTRY));
      variables.put("SCHEMA_REGISTRY_SSL_TRUSTSTORE_TYPE", "PEM");
      variables.put("SCHEMA_REGISTRY_SSL_TRUSTSTORE_LOCATION", authority);
    }
    if (variables.containsKey("PGHOST")) {
      variables.put("PGPASSWORD", security.secret(ServerKind.POSTGRES));
      variables.put("PGSSLMODE", "verify-full");
      variables.put("PGSSLROOTCERT", authority);
    }
    if (variables.containsKey("REDIS_URL")) {
      String credentials = security.user() + ":" + security.secret(ServerKind.REDIS);
      variables.computeIfPresent(
          "REDIS_URL", (name, url) -> url.replace("redis://", "rediss://" + credentials + "@"));
      variables.put("REDIS_ROOT_CERTIFICATES", authority);
    }
    if (variables.containsKey("QDRANT_GRPC")) {
      variables.computeIfPresent("QDRANT_HTTP", (name, url) -> url.replace("http://", "https://"));
      variables.put("QDRANT_TLS", "true");
      variables.put("QDRANT_API_KEY", security.secret(ServerKind.QDRANT));
      variables.put("QDRANT_ROOT_CERTIFICATES", authority);
    }
    return variables;
  }

  /** Ends the servers and removes their data. */
  @Override
  public void close() {
    if (gate != null) {
      gate.close();
    }
    stack.close();
  }
}
