package dev.driftless.projectors.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.local.CertificateAuthority;
import dev.driftless.local.SecuredStack;
import dev.driftless.local.Security;
import dev.driftless.local.ServerKind;
import dev.driftless.producer.LogTopic;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.MemoryLogConfig;
import dev.driftless.producer.Receipt;
import dev.driftless.producer.View;
import dev.driftless.projectors.Events;
import dev.driftless.projectors.audit.AuditReader;
import dev.driftless.projectors.cache.CacheReader;
import dev.driftless.projectors.context.ContextReader;
import dev.driftless.projectors.relational.RelationalReader;
import dev.driftless.projectors.vector.VectorSearch;
import dev.driftless.schemas.EventRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The process as it is deployed, beside servers that encrypt and ask who it is. What it prints is
 * read at a level at which the clients print their settings, and holds no secret.
 */
final class SecuredConnectionsIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String WRONG = "wrong-" + UUID.randomUUID();
  private static final String UNKNOWN_AUTHORITY =
      "unable to find valid certification path to requested target";

  @TempDir private static Path certificates;

  private static Security security = none();

  /** Has signed nothing that any server shows. */
  private static Path otherAuthority = Path.of("");

  /** The servers, and some with a certificate for another name. */
  private static final List<SecuredStack> STACKS = new ArrayList<>();

  @TempDir private Path directory;
  private final String name = "t" + UUID.randomUUID().toString().substring(0, 8);
  private final ProjectorsProcesses processes = new ProjectorsProcesses();

  /** In the log before anything reads it. */
  private @Nullable Receipt memory;

  private static Security none() {
    return new Security(Path.of(""), Path.of(""), Path.of(""), Path.of(""), "", "");
  }

  @BeforeAll
  static void start() throws Exception {
    CertificateAuthority authority = new CertificateAuthority(certificates);
    security = authority.sign("dns:localhost", "ip:127.0.0.1");
    otherAuthority = new CertificateAuthority(certificates).certificate();
    STACKS.add(new SecuredStack(security, ServerKind.values()));
    // the same secrets, so that nothing but the name is wrong
    Security elsewhere = authority.sign("dns:elsewhere.example", "ip:192.0.2.1");
    STACKS.add(
        new SecuredStack(
            new Security(
                elsewhere.key(),
                elsewhere.certificates(),
                elsewhere.keyStore(),
                elsewhere.authority(),
                security.user(),
                security.password()),
            ServerKind.KAFKA,
            ServerKind.POSTGRES,
            ServerKind.REDIS,
            ServerKind.QDRANT));
  }

  @BeforeEach
  void makeLog() {
    ProjectorsConfig config = config();
    try (EventRegistry registry = config.openRegistry();
        Admin admin = Admin.create(new HashMap<>(config.kafka()))) {
      registry.register();
      assertThat(LogTopic.create(admin, config.names(), 1, 1, Views.names()).partitions())
          .isEqualTo(1);
    }
    try (MemoryLog log = MemoryLog.open(log(config))) {
      memory = log.append(Events.recorded("m1", "the door is green"));
    }
  }

  @AfterAll
  static void stop() {
    STACKS.forEach(SecuredStack::close);
    STACKS.clear();
  }

  @AfterEach
  void end() {
    processes.close();
  }

  @Test
  void all_views_are_kept_over_encrypted_connections_told_by_the_environment_alone()
      throws Exception {
    Process process = start(Map.of());
    ProjectorsConfig config = config();
    try (MemoryLog log = MemoryLog.open(log(config))) {
      log.awaitVisible(
          List.of(Objects.requireNonNull(memory)),
          List.of(View.RELATIONAL, View.VECTOR, View.CACHE, View.CONTEXT, View.AUDIT),
          PATIENCE);
    }
    try (RelationalReader relational = new RelationalReader(config.relational(), config.names())) {
      assertThat(relational.rows()).containsEntry("memories", 1L);
    }
    try (VectorSearch vector = new VectorSearch(config.vector(), config.names())) {
      assertThat(vector.get("acme", "mia", "m1", Instant.now())).isPresent();
    }
    try (CacheReader cache = CacheReader.open(config.names(), config.cache())) {
      assertThat(cache.memories("acme", "mia")).hasSize(1);
    }
    try (ContextReader context = new ContextReader(config.context(), config.names())) {
      assertThat(context.document("acme", "mia").orElse("")).contains("the door is green");
    }
    try (AuditReader audit = new AuditReader(config.audit(), config.names())) {
      assertThat(audit.latest("acme", "mia", 10)).hasSize(1);
    }
    assertTellsNoSecret(process);
  }

  @Test
  void a_store_whose_authority_is_unknown_is_refused_with_that_reason() throws Exception {
    String other = otherAuthority.toString();
    Process process =
        start(
            Map.of(
                "PGSSLROOTCERT", other,
                "QDRANT_ROOT_CERTIFICATES", other,
                "REDIS_ROOT_CERTIFICATES", other));
    for (String view : Views.names()) {
      assertSays(process, "view=%s attempt=1 waiting: %s".formatted(view, UNKNOWN_AUTHORITY));
    }
    assertTellsNoSecret(process);
  }

  @Test
  void a_store_that_does_not_know_the_password_is_waited_for_with_that_reason() throws Exception {
    Process process =
        start(
            Map.of(
                "PGPASSWORD", WRONG,
                "QDRANT_API_KEY", WRONG,
                "REDIS_URL", variable("REDIS_URL").replace(secret(ServerKind.REDIS), WRONG)));
    for (String view : List.of("relational", "context", "audit")) {
      assertSays(
          process,
          "view=%s attempt=1 waiting: .*password authentication failed for user".formatted(view));
    }
    assertSays(process, "view=cache attempt=1 waiting: WRONGPASS");
    assertSays(process, "view=vector attempt=1 waiting: (UNAUTHENTICATED|PERMISSION_DENIED)");
    assertTellsNoSecret(process);
  }

  @Test
  void a_store_with_a_certificate_for_another_name_is_refused_with_that_reason() throws Exception {
    Process process = start(elsewhere("PGPORT", "REDIS_URL", "QDRANT_GRPC"));
    for (String view : List.of("relational", "context", "audit")) {
      assertSays(
          process,
          "view=%s attempt=1 waiting: The hostname 127.0.0.1 could not be verified"
              .formatted(view));
    }
    for (String view : List.of("cache", "vector")) {
      assertSays(
          process,
          "view=%s attempt=1 waiting: No subject alternative names matching IP address 127.0.0.1 found"
              .formatted(view));
    }
    assertTellsNoSecret(process);
  }

  @Test
  void brokers_whose_authority_is_unknown_are_refused_with_that_reason() throws Exception {
    Process process =
        start(Map.of("KAFKA_SSL_TRUSTSTORE_LOCATION", otherAuthority.toString()), "relational");
    assertSays(process, "view=relational .*" + UNKNOWN_AUTHORITY);
    assertTellsNoSecret(process);
  }

  @Test
  void brokers_that_are_shown_no_certificate_are_waited_for_with_that_reason() throws Exception {
    Process process =
        start(
            Map.of("KAFKA_SSL_KEYSTORE_TYPE", "", "KAFKA_SSL_KEYSTORE_LOCATION", ""), "relational");
    assertSays(
        process, "view=relational .*Received fatal alert: (bad_certificate|certificate_required)");
    assertTellsNoSecret(process);
  }

  @Test
  void brokers_that_do_not_know_the_password_are_waited_for_with_that_reason() throws Exception {
    Process process =
        start(
            Map.of(
                "KAFKA_SASL_JAAS_CONFIG",
                variable("KAFKA_SASL_JAAS_CONFIG").replace(secret(ServerKind.KAFKA), WRONG)),
            "relational");
    assertSays(process, "view=relational .*invalid credentials with SASL mechanism SCRAM-SHA-512");
    assertTellsNoSecret(process);
  }

  @Test
  void brokers_with_a_certificate_for_another_name_are_refused_with_that_reason() throws Exception {
    Process process = start(elsewhere("KAFKA_BOOTSTRAP_SERVERS"), "relational");
    assertSays(process, "view=relational .*No (subject alternative|name).* found");
    assertTellsNoSecret(process);
  }

  @Test
  void a_registry_whose_authority_is_unknown_is_refused_with_that_reason() throws Exception {
    Process process =
        start(
            Map.of("SCHEMA_REGISTRY_SSL_TRUSTSTORE_LOCATION", otherAuthority.toString()),
            "relational");
    assertSays(
        process,
        "view=relational attempt=1 waiting: the schema registry at https.*" + UNKNOWN_AUTHORITY);
    assertTellsNoSecret(process);
  }

  @Test
  void a_registry_that_does_not_know_the_password_is_waited_for_with_that_reason()
      throws Exception {
    Process process =
        start(
            Map.of(
                "SCHEMA_REGISTRY_USER_INFO",
                variable("SCHEMA_REGISTRY_USER_INFO").replace(secret(ServerKind.REGISTRY), WRONG)),
            "relational");
    assertSays(
        process,
        "view=relational attempt=1 waiting: the schema registry at https.* does not let us in \\(HTTP 401\\)");
    assertTellsNoSecret(process);
  }

  private ProjectorsConfig config() {
    return ProjectorsConfig.load(null, environment()::get);
  }

  private MemoryLogConfig log(ProjectorsConfig config) {
    return MemoryLogConfig.of(variable("KAFKA_BOOTSTRAP_SERVERS"), config.registry().url())
        .withNames(config.names())
        .withKafka(config.kafka())
        .withRegistry(config.registry().settings());
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>(STACKS.get(0).environment());
    environment.put("DRIFTLESS_NAME", name);
    return environment;
  }

  private String variable(String name) {
    return environment().getOrDefault(name, "");
  }

  /** Where the servers with the certificate for another name are. */
  private static Map<String, String> elsewhere(String... variables) {
    Map<String, String> there = new HashMap<>(STACKS.get(1).environment());
    there.keySet().retainAll(Arrays.asList(variables));
    return there;
  }

  private static String secret(ServerKind kind) {
    return security.secret(kind);
  }

  private Process start(Map<String, String> more, String... views) throws IOException {
    Map<String, String> environment = environment();
    environment.put("DRIFTLESS_LOG_LEVEL", "DEBUG");
    environment.put("DRIFTLESS_ROOT_LOG_LEVEL", "TRACE");
    environment.putAll(more);
    List<String> arguments = new ArrayList<>();
    for (String view : views) {
      arguments.addAll(List.of("--view", view));
    }
    return processes.start(directory, environment, arguments.toArray(String[]::new));
  }

  private void assertSays(Process process, String pattern) {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(processes.output(process)).containsPattern(Pattern.compile(pattern)));
  }

  private void assertTellsNoSecret(Process process) throws IOException {
    String output = processes.output(process);
    assertThat(output)
        .as("prints its clients' settings")
        .contains("sasl.jaas.config = [hidden]")
        .doesNotContain(security.password())
        .doesNotContain(WRONG);
  }
}
