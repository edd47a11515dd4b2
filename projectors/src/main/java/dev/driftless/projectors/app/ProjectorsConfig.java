package dev.driftless.projectors.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.projectors.app.Pages.Http;
import dev.driftless.projectors.cache.CacheConfig;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.runtime.RuntimeConfig;
import dev.driftless.projectors.vector.VectorConfig;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.Names;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.apache.kafka.streams.StreamsConfig;
import org.jspecify.annotations.Nullable;

/**
 * Everything a projector process can be told. The keys, what they mean and their defaults stand in
 * {@code projectors.yaml} beside this class; a file given by the user is laid over it. Values may
 * hold {@code ${ENV:default}}; unknown keys are refused by name.
 */
public record ProjectorsConfig(
    @Nullable String name,
    Map<String, String> kafka,
    Registry registry,
    Reading reading,
    PostgresConfig relational,
    VectorConfig vector,
    CacheConfig cache,
    PostgresConfig context,
    PostgresConfig audit,
    Http http,
    Tracing tracing) {

  public ProjectorsConfig {
    kafka = withoutUnset(kafka);
    relational = relational.forThreads(reading.threads);
    context = context.forThreads(reading.threads);
    audit = audit.forThreads(reading.threads);
  }

  /** The section of the reconciler, which takes the same file. */
  private static final String RECONCILER = "reconciler";

  /**
   * The schema registry.
   *
   * @param url base addresses, separated by commas
   * @param settings passed to the client as they are
   */
  public record Registry(String url, Map<String, String> settings) {

    private static final String USER_INFO = "basic.auth.user.info";

    public Registry {
      settings = withoutUnset(settings);
      if (settings.containsKey(USER_INFO)
          && !"USER_INFO".equals(settings.get("basic.auth.credentials.source"))) {
        throw new IllegalArgumentException(
            "settings: %s is sent only where basic.auth.credentials.source is USER_INFO"
                .formatted(USER_INFO));
      }
      if (!url.contains("https://")) {
        settings.keySet().stream()
            .filter(setting -> setting.startsWith("schema.registry.ssl."))
            .findFirst()
            .ifPresent(
                setting -> {
                  throw new IllegalArgumentException(
                      "settings: %s is for https, and url is not".formatted(setting));
                });
      }
    }

    /** Without the settings and the credentials, which are passwords. */
    @Override
    public String toString() {
      return "Registry[url=%s]".formatted(EventRegistry.withoutCredentials(url));
    }
  }

  /**
   * OpenTelemetry's spans.
   *
   * @param enabled if not, none are made; if so, the variables of OpenTelemetry's own
   *     autoconfiguration say where they go
   */
  public record Tracing(boolean enabled) {}

  /**
   * How the log is read; see {@link RuntimeConfig}.
   *
   * @param replication of the topics that Kafka Streams makes; null for the brokers' default
   */
  public record Reading(
      Path stateDirectory,
      @Nullable String instance,
      int threads,
      int maxBatch,
      @Nullable Integer replication,
      Duration commitInterval,
      Duration checkInterval,
      Duration idempotencyWindow) {

    public Reading {
      check(threads >= 1, "threads: expected at least 1, found " + threads);
      check(
          replication == null || replication >= 1,
          "replication: expected at least 1, found " + replication);
    }

    private static void check(boolean holds, String message) {
      if (!holds) {
        throw new IllegalArgumentException(message);
      }
    }
  }

  /**
   * The defaults, with {@code file} laid over them.
   *
   * @param environment where {@code ${ENV:default}} is looked up; null where a variable is not set
   * @throws IllegalArgumentException if the file cannot be read or says something wrong; names the
   *     file and the key
   */
  public static ProjectorsConfig load(
      @Nullable Path file, Function<String, @Nullable String> environment) {
    ConfigFile settings = ConfigFile.load(defaults(), file, environment).without(RECONCILER);
    ProjectorsConfig config = settings.bind(ProjectorsConfig.class);
    KafkaKeys.refusal(config.kafka)
        .ifPresent(
            why -> {
              throw settings.refused(why);
            });
    return config;
  }

  /**
   * The same from the environment of a process, where a variable {@code DRIFTLESS_…} that no
   * process of Driftless knows is refused, and without a file one that is nearly one that is known
   * and not set.
   */
  public static ProjectorsConfig load(@Nullable Path file, Map<String, String> environment) {
    try (InputStream defaults = defaults()) {
      Variables.refuseUnknown(new String(defaults.readAllBytes(), UTF_8), file, environment);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return load(file, environment::get);
  }

  private static InputStream defaults() {
    return Objects.requireNonNull(ProjectorsConfig.class.getResourceAsStream("projectors.yaml"));
  }

  /** Without Kafka's settings, which may hold a password. */
  @Override
  public String toString() {
    return "ProjectorsConfig[name=%s]".formatted(name);
  }

  private static Map<String, String> withoutUnset(Map<String, String> settings) {
    Map<String, String> set = new HashMap<>(settings);
    set.values().removeIf(Objects::isNull);
    return Map.copyOf(set);
  }

  /** The prefix of everything shared. */
  public Names names() {
    return new Names(name == null ? "" : name);
  }

  /** The registry of the log's schema, which the caller closes; asks it nothing yet. */
  public EventRegistry openRegistry() {
    return new EventRegistry(registry.url, names(), registry.settings);
  }

  /** How the runtime reads the log. */
  public RuntimeConfig runtime() {
    return runtime(names());
  }

  /** How the runtime reads the log for spare generations. */
  public RuntimeConfig spareRuntime() {
    return runtime(names().spare());
  }

  private RuntimeConfig runtime(Names names) {
    Map<String, String> streams = new HashMap<>(kafka);
    if (reading.replication != null) {
      streams.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, reading.replication.toString());
    }
    return new RuntimeConfig(
        names,
        streams,
        reading.stateDirectory,
        reading.instance,
        reading.threads,
        reading.maxBatch,
        reading.commitInterval,
        reading.checkInterval,
        reading.idempotencyWindow);
  }
}
