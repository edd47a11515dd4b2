package dev.driftless.schemas;

import dev.driftless.events.MemoryEvent;
import io.confluent.kafka.schemaregistry.avro.AvroSchema;
import io.confluent.kafka.schemaregistry.avro.AvroSchemaProvider;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClientFactory;
import io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The schemas of the log in a Confluent-compatible Schema Registry. Answers are cached, so each
 * schema is asked for once. Safe to share between threads.
 */
public final class EventRegistry implements AutoCloseable {

  private static final String COMPATIBILITY = "BACKWARD_TRANSITIVE";
  private static final int SCHEMA_NOT_FOUND = 40403;
  private static final int SUBJECT_NOT_FOUND = 40401;
  private static final AvroSchema CURRENT =
      new AvroSchema(PlainSchema.of(MemoryEvent.getClassSchema()));

  /** A registry that hangs must not hang us; the client's own defaults are a minute each. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "http.connect.timeout.ms", "5000",
          "http.read.timeout.ms", "10000",
          // without it the client takes any name as soon as it is given a trust store
          "schema.registry.ssl.endpoint.identification.algorithm", "https");

  /** Without credentials, for messages. */
  private final String shownUrl;

  private final String subject;
  private final SchemaRegistryClient client;

  /**
   * Connects to nothing yet.
   *
   * @param url base addresses, separated by commas
   * @param settings passed to the client as they are: basic auth, bearer tokens, {@code
   *     schema.registry.ssl.*}, timeouts (5 s to connect and 10 s to answer unless set here)
   * @throws IllegalArgumentException if an address is not an http or https URL
   */
  public EventRegistry(String url, Names names, Map<String, String> settings) {
    this(url, names, client(url, settings));
  }

  EventRegistry(String url, Names names, SchemaRegistryClient client) {
    this.shownUrl = withoutCredentials(url);
    this.subject = names.schemaSubject();
    this.client = client;
  }

  /**
   * Registers this version's schema, with compatibility {@code BACKWARD_TRANSITIVE}. Safe to
   * repeat.
   *
   * @throws IncompatibleSchemaException if the registry holds a schema that readers of this one
   *     could not read
   */
  public void register() {
    call(
        () -> {
          client.updateCompatibility(subject, COMPATIBILITY);
          return client.register(subject, CURRENT);
        });
  }

  /**
   * What the registry holds of this version's schema.
   *
   * @param id that stands before each record; null if the schema is not registered
   * @param version of the subject; null if the schema is not registered
   * @param compatibility what the registry asks of later ones
   * @param problem what has to be changed; null if nothing
   */
  public record Registered(
      @Nullable Integer id,
      @Nullable Integer version,
      String compatibility,
      @Nullable String problem) {}

  /**
   * Asks the registry anew.
   *
   * @throws RegistryUnavailableException if it cannot be asked
   */
  public Registered registered() {
    client.reset();
    String compatibility = call(() -> compatibility());
    String loose =
        compatibility.equals(COMPATIBILITY)
            ? null
            : "compatibility has to be %s, or a later schema may not read the log"
                .formatted(COMPATIBILITY);
    try {
      return new Registered(
          currentId(), call(() -> client.getVersion(subject, CURRENT)), compatibility, loose);
    } catch (IllegalStateException e) {
      return new Registered(null, null, compatibility, "not registered");
    }
  }

  private String compatibility() throws IOException, RestClientException {
    try {
      return client.getCompatibility(subject);
    } catch (RestClientException e) {
      if (e.getStatus() == 404) {
        return client.getCompatibility(null);
      }
      throw e;
    }
  }

  /**
   * The id of this version's schema.
   *
   * @throws IllegalStateException if it is not registered
   */
  int currentId() {
    return call(() -> client.getId(subject, CURRENT));
  }

  /**
   * The schema with this id.
   *
   * @throws UndecodableException if the registry has none
   * @throws RegistryUnavailableException if it cannot be asked
   */
  Schema schema(int id) throws UndecodableException {
    try {
      return ((AvroSchema) client.getSchemaById(id)).rawSchema();
    } catch (RestClientException e) {
      // any other 404 comes from something that is not the registry, such as a wrong base address
      if (isNotFound(e)) {
        throw new UndecodableException("schema id " + id + " is not in the registry", e);
      }
      throw unavailable(e);
    } catch (IOException e) {
      if (isNotAvro(e)) {
        throw new UndecodableException("schema id " + id + " is not an Avro schema", e);
      }
      throw unavailable(e);
    }
  }

  private static boolean isRefusal(int status) {
    return status == 401 || status == 403;
  }

  private static boolean isNotFound(RestClientException e) {
    return e.getErrorCode() == SCHEMA_NOT_FOUND || e.getErrorCode() == SUBJECT_NOT_FOUND;
  }

  /** The client has no exception of its own for this, but no other plain IOException either. */
  private static boolean isNotAvro(IOException e) {
    return e.getClass() == IOException.class
        && e.getMessage() != null
        && e.getMessage().startsWith("Invalid schema");
  }

  private <T> T call(RegistryCall<T> call) {
    try {
      return call.run();
    } catch (RestClientException e) {
      if (e.getStatus() == 409 || e.getStatus() == 422) {
        throw new IncompatibleSchemaException(
            "the registry at %s refuses the schema of subject %s: %s"
                .formatted(shownUrl, subject, e.getMessage()),
            e);
      }
      if (isNotFound(e)) {
        throw new IllegalStateException(
            "the schema of subject %s is not registered at %s: register it before publishing"
                .formatted(subject, shownUrl),
            e);
      }
      throw unavailable(e);
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private RegistryUnavailableException unavailable(Exception e) {
    if (e instanceof RestClientException answer && isRefusal(answer.getStatus())) {
      // whatever stands before the registry may answer with something that the client cannot read
      return new RegistryUnavailableException(
          "the schema registry at %s does not let us in (HTTP %d): check user and password, or the token"
              .formatted(shownUrl, answer.getStatus()),
          e);
    }
    return new RegistryUnavailableException(
        "the schema registry at %s does not answer: %s".formatted(shownUrl, e.getMessage()), e);
  }

  /** Safe to repeat. */
  @Override
  public void close() {
    try {
      client.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static SchemaRegistryClient client(String url, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(DEFAULTS);
    all.putAll(settings);
    return SchemaRegistryClientFactory.newClient(
        addresses(url), 1_000, List.of(new AvroSchemaProvider()), all, Map.of());
  }

  private static List<String> addresses(String url) {
    List<String> addresses = Arrays.stream(url.split(",")).map(String::strip).toList();
    for (String address : addresses) {
      if (!isHttp(address)) {
        throw new IllegalArgumentException(
            "registry address '%s': expected a URL such as http://localhost:8081"
                .formatted(withoutCredentials(address)));
      }
    }
    return addresses;
  }

  /** Addresses for people to read: {@code https://user:password@host} is shown without the user. */
  public static String withoutCredentials(String url) {
    return url.replaceAll("//[^,]*@", "//");
  }

  private static boolean isHttp(String address) {
    try {
      URI uri = URI.create(address);
      return List.of("http", "https").contains(String.valueOf(uri.getScheme()))
          && uri.getHost() != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private interface RegistryCall<T> {
    T run() throws IOException, RestClientException;
  }
}
