package dev.driftless.projectors.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ProjectorsConfigTest {

  @TempDir private Path directory;

  @Test
  void without_file_and_environment_the_defaults_hold() {
    ProjectorsConfig config = ProjectorsConfig.load(null, name -> null);
    assertThat(config.kafka()).containsEntry("bootstrap.servers", "localhost:9092");
    assertThat(config.relational().url()).isEqualTo("jdbc:postgresql://localhost:5432/driftless");
    assertThat(config.audit().url()).isEqualTo("jdbc:postgresql://localhost:5432/driftless");
    assertThat(config.audit().user()).isEqualTo("postgres");
    assertThat(config.names().log()).isEqualTo("memory-events");
    assertThat(config.runtime().idempotencyWindow()).isEqualTo(Duration.ofHours(24));
    assertThat(config.runtime().instance()).isNull();
  }

  @Test
  void the_environment_fills_in_also_where_one_default_holds_another() {
    Map<String, String> environment =
        Map.of(
            "PGHOST",
            "db",
            "PGPORT",
            "5433",
            "PGUSER",
            "ada",
            "AUDIT_USER",
            "auditor",
            "DRIFTLESS_NAME",
            "blue");
    ProjectorsConfig config = ProjectorsConfig.load(null, environment::get);
    assertThat(config.context().url()).isEqualTo("jdbc:postgresql://db:5433/driftless");
    assertThat(config.context().user()).isEqualTo("ada");
    assertThat(config.audit().user()).isEqualTo("auditor");
    assertThat(config.names().log()).isEqualTo("blue-memory-events");
  }

  @Test
  void a_value_of_the_environment_is_taken_as_it_is() {
    ProjectorsConfig config = ProjectorsConfig.load(null, Map.of("PGPASSWORD", "a${b}c")::get);
    assertThat(config.relational().password()).isEqualTo("a${b}c");
    assertThat(config.audit().password()).isEqualTo("a${b}c");
  }

  @Test
  void a_file_is_laid_over_the_defaults_and_may_add_client_settings() throws IOException {
    Path file =
        file(
            "kafka: {security.protocol: SSL}\nreading: {maxBatch: 500}\ncache: {uri: '${WHERE:redis://cache:6379}'}\n");
    ProjectorsConfig config = ProjectorsConfig.load(file, name -> null);
    assertThat(config.kafka())
        .containsEntry("security.protocol", "SSL")
        .containsKey("bootstrap.servers");
    assertThat(config.runtime().maxBatch()).isEqualTo(500);
    assertThat(config.cache().uri()).isEqualTo("redis://cache:6379");
  }

  @Test
  void an_unknown_key_is_refused_by_name() throws IOException {
    Path file = file("cache: {url: 'redis://cache:6379'}\n");
    assertRefused(file).hasMessageContainingAll(file.toString(), "unknown key cache.url", "uri");
  }

  @Test
  void a_value_that_cannot_be_is_refused_with_its_key() throws IOException {
    Path file = file("reading: {threads: many}\n");
    assertThatThrownBy(() -> ProjectorsConfig.load(file, name -> null))
        .hasMessageContaining("reading.threads");
    Path wrong = file("relational: {url: 'mysql://here'}\n");
    assertThatThrownBy(() -> ProjectorsConfig.load(wrong, name -> null))
        .hasMessageContainingAll("relational", "jdbc:postgresql://host:port/database");
  }

  @Test
  void what_secures_kafka_and_the_registry_is_passed_on_only_where_it_is_set() {
    assertThat(load(Map.of()).kafka()).containsOnlyKeys("bootstrap.servers");
    assertThat(load(Map.of()).registry().settings()).isEmpty();
    ProjectorsConfig config =
        load(
            Map.of(
                "KAFKA_SECURITY_PROTOCOL", "SASL_SSL",
                "KAFKA_SASL_JAAS_CONFIG", "module required password=\"hush\";",
                "SCHEMA_REGISTRY_AUTH", "USER_INFO",
                "SCHEMA_REGISTRY_USER_INFO", "ada:hush"));
    assertThat(config.kafka())
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("sasl.jaas.config", "module required password=\"hush\";");
    assertThat(config.registry().settings()).containsEntry("basic.auth.user.info", "ada:hush");
  }

  @Test
  void no_secret_is_in_what_a_configuration_says_of_itself() {
    ProjectorsConfig config =
        load(
            Map.of(
                "KAFKA_SECURITY_PROTOCOL", "SASL_SSL",
                "KAFKA_SASL_JAAS_CONFIG", "hush",
                "SCHEMA_REGISTRY_AUTH", "USER_INFO",
                "SCHEMA_REGISTRY_USER_INFO", "hush",
                "PGPASSWORD", "hush",
                "QDRANT_API_KEY", "hush",
                "SCHEMA_REGISTRY_URL", "https://ada:hush@localhost:8081",
                "CONTEXT_URL", "jdbc:postgresql://localhost/driftless?password=hush",
                "REDIS_URL", "redis://ada:hush@localhost:6379"));
    assertThat(
            "%s %s %s %s %s %s %s %s"
                .formatted(
                    config,
                    config.registry(),
                    config.runtime(),
                    config.relational(),
                    config.vector(),
                    config.cache(),
                    config.context(),
                    config.audit()))
        .doesNotContain("hush");
  }

  @Test
  void no_secret_is_in_what_a_mistake_is_answered_with() throws IOException {
    assertThatThrownBy(() -> load(Map.of("RELATIONAL_URL", "postgresql://ada:hush@localhost/db")))
        .hasMessageContaining("relational: url")
        .hasMessageNotContaining("hush");
    assertThatThrownBy(() -> load(Map.of("REDIS_URL", "ada:hush@localhost:6379")))
        .hasMessageContaining("cache: uri")
        .hasMessageNotContaining("hush");
    Path file = file("vector:\n  apiKey: \"hush\n  tls: true\n");
    assertThatThrownBy(() -> ProjectorsConfig.load(file, name -> null))
        .hasMessageContainingAll(file.toString(), "line ")
        .hasMessageNotContaining("hush");
  }

  /** Somebody may have put a secret there by a slip of the indentation. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          kafka: hush42                                 | kafka: expected keys and values
          kafka: [hush42]                               | kafka: expected keys and values
          kafka: {sasl.jaas.config: [hush42]}           | kafka.sasl.jaas.config: expected String
          kafka: {sasl.jaas.config: {password: hush42}} | kafka.sasl.jaas.config: expected String
          relational: hush42                            | relational: expected keys and values
          reading: {threads: hush42}                    | reading.threads: expected int
          reading: {threads: 424242424242}              | reading.threads: not a value that can be here
          reading: {checkInterval: hush42}              | reading.checkInterval: expected Duration
          vector: {tls: hush42}                         | vector.tls: expected boolean
          vector: {address: hush42}                     | vector address
          """)
  void a_value_that_cannot_be_is_refused_without_being_shown(String yaml, String message)
      throws IOException {
    Path file = file(yaml);
    assertRefused(file)
        .hasMessageContainingAll(file.toString(), message)
        .extracting(e -> Throwables.getStackTrace(e).replace(file.toString(), ""), STRING)
        .doesNotContain("hush42", "4242");
  }

  @Test
  void the_usual_variables_of_postgresql_say_how_it_is_encrypted_unless_the_url_does() {
    Map<String, String> environment =
        Map.of(
            "PGSSLMODE", "verify-full",
            "PGSSLROOTCERT", "/certificates of ours/root.pem",
            "CONTEXT_SSLMODE", "require",
            "AUDIT_URL", "jdbc:postgresql://audit/driftless?sslmode=verify-ca");
    String root = "sslrootcert=%2Fcertificates+of+ours%2Froot.pem";
    ProjectorsConfig config = load(environment);
    assertThat(config.relational().url())
        .isEqualTo("jdbc:postgresql://localhost:5432/driftless?sslmode=verify-full&" + root);
    assertThat(config.context().url())
        .isEqualTo("jdbc:postgresql://localhost:5432/driftless?sslmode=require&" + root);
    assertThat(config.audit().url())
        .isEqualTo("jdbc:postgresql://audit/driftless?sslmode=verify-ca&" + root);
    assertThatThrownBy(() -> load(Map.of("PGSSLMODE", "verify_full")))
        .hasMessageContainingAll("relational: sslMode", "verify-full", "found verify_full");
  }

  @Test
  void certificates_to_trust_are_refused_where_nothing_is_encrypted() {
    ProjectorsConfig unencrypted =
        load(
            Map.of(
                "QDRANT_ROOT_CERTIFICATES", "/root.pem", "REDIS_ROOT_CERTIFICATES", "/root.pem"));
    assertThatThrownBy(() -> Views.open("vector", unencrypted))
        .hasMessageContainingAll("vector: rootCertificates", "set tls to true");
    assertThatThrownBy(() -> Views.open("cache", unencrypted))
        .hasMessageContainingAll("cache: rootCertificates", "let uri begin with rediss");
    assertThatThrownBy(() -> load(Map.of("PGSSLROOTCERT", "/root.pem")))
        .hasMessageContainingAll("relational: rootCertificates", "set sslMode to verify-full");
  }

  /** All pods of a deployment share what is no secret; addresses with passwords they do not. */
  @Test
  void certificates_of_a_store_disturb_nobody_who_keeps_another_view() {
    ProjectorsConfig config = load(Map.of("REDIS_ROOT_CERTIFICATES", "/root.pem"));
    Views.open("audit", config).close();
  }

  @Test
  void a_variable_that_is_empty_counts_as_not_set() {
    ProjectorsConfig config =
        load(Map.of("RELATIONAL_USER", "", "PGUSER", "ada", "DRIFTLESS_THREADS", ""));
    assertThat(config.relational().user()).isEqualTo("ada");
    assertThat(config.reading().threads()).isEqualTo(2);
  }

  @Test
  void a_key_without_a_value_keeps_its_default() throws IOException {
    Path file = file("kafka:\nrelational:\n  user:\n");
    ProjectorsConfig config = ProjectorsConfig.load(file, name -> null);
    assertThat(config.kafka()).containsKey("bootstrap.servers");
    assertThat(config.relational().user()).isEqualTo("postgres");
  }

  private static AbstractThrowableAssert<?, ?> assertRefused(Path file) {
    return assertThatThrownBy(() -> ProjectorsConfig.load(file, name -> null))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_value_that_turns_out_to_be_empty_is_refused_with_its_key() throws IOException {
    Path file = file("relational: {user: '${NOBODY:}'}\n");
    assertRefused(file)
        .hasMessage(file + ": relational.user: has no value; leave it out for the default");
  }

  @Test
  void a_variable_without_a_value_or_a_default_is_told_with_its_key() throws IOException {
    Path file = file("relational: {user: 'secret${NOBODY}'}\n");
    assertRefused(file)
        .hasMessage(
            file
                + ": relational.user: Cannot resolve variable 'NOBODY': set it, or write a default, as in ${NAME:default}")
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sasl.mechanizm",
        "consumer.fetch.max.byte",
        "Bootstrap.servers",
        "sasl.client.calback.handler.class"
      })
  void a_setting_that_no_client_of_kafka_has_is_refused(String key) throws IOException {
    Path file = file("kafka: {%s: '1'}\n".formatted(key));
    assertRefused(file).hasMessageContaining(file + ": unknown key kafka." + key);
  }

  @ParameterizedTest
  @CsvSource({
    "num.stream.threads, set reading.threads instead",
    "main.consumer.max.poll.records, set reading.maxBatch instead",
    "processing.guarantee, it is fixed",
    "basic.auth.user.info, belongs below registry",
    "restore.consumer.state.dir, set reading.stateDirectory instead",
    "sasl.mechanism, has no effect with this security.protocol",
    "ssl.truststore.location, has no effect with this security.protocol"
  })
  void a_setting_that_would_have_no_effect_is_refused_and_what_to_do_is_said(
      String key, String what) throws IOException {
    Path file = file("kafka: {%s: '1'}\n".formatted(key));
    assertRefused(file).hasMessageContaining("%s: kafka.%s: %s".formatted(file, key, what));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "session.timeout.ms: 1000",
        "main.consumer.fetch.max.bytes: 1000",
        "restore.consumer.max.poll.records: 1000",
        "producer.linger.ms: 5",
        "admin.retries: 3",
        "topic.segment.bytes: 1000000",
        "probing.rebalance.interval.ms: 60000",
        "client.tag.zone: a",
        "metrics.jmx.exclude: '.*'",
        "producer.metrics.context.cluster: c",
        "sasl.client.callback.handler.class: com.example.Handler, handler.region: here, security.protocol: SASL_SSL",
        "ssl.truststore.location: /ca, security.protocol: ssl",
        "consumer.sasl.mechanism: PLAIN, consumer.security.protocol: SASL_PLAINTEXT",
        "metric.reporters: com.example.Reporter, reporter.url: here"
      })
  void a_setting_that_somebody_reads_is_passed_on(String settings) throws IOException {
    Path file = file("kafka: {%s}\n".formatted(settings));
    ProjectorsConfig config = ProjectorsConfig.load(file, name -> null);
    assertThat(config.kafka()).containsKey(settings.substring(0, settings.indexOf(':')));
  }

  @Test
  void a_parameter_that_the_driver_would_ignore_is_refused_by_name() {
    String url = "jdbc:postgresql://db/driftless?connectTimeout=3&";
    assertThat(
            ProjectorsConfig.load(null, Map.of("RELATIONAL_URL", url + "sslmode=require"))
                .relational()
                .url())
        .contains("sslmode=require");
    assertThatThrownBy(
            () -> ProjectorsConfig.load(null, Map.of("RELATIONAL_URL", url + "sslmod=require")))
        .hasMessageContaining("url: unknown parameter sslmod: rename it to sslmode");
    for (String other : new String[] {"host=h", "currentSchema=s", "cloudSqlInstance=a:b:c"}) {
      assertThat(
              ProjectorsConfig.load(null, Map.of("RELATIONAL_URL", url + other)).relational().url())
          .endsWith(other);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SCHEMA_REGISTRY_USER_INFO | me:secret | basic.auth.user.info is sent only where basic.auth.credentials.source is USER_INFO",
        "SCHEMA_REGISTRY_SSL_TRUSTSTORE_LOCATION | ca.crt | schema.registry.ssl.truststore.location is for https, and url is not",
      })
  void a_setting_of_the_registry_that_would_do_nothing_is_refused(
      String name, String value, String why) {
    assertThatThrownBy(() -> ProjectorsConfig.load(null, Map.of(name, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("registry")
        .hasMessageContaining(why)
        .hasMessageNotContaining("secret");
  }

  @Test
  void a_variable_that_is_misspelt_is_refused_by_name() {
    assertThatThrownBy(
            () -> ProjectorsConfig.load(null, Map.of("DRIFTLESS_THREADZ", "7", "HOME", "/")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("unknown variable DRIFTLESS_THREADZ", "DRIFTLESS_THREADS");
    ProjectorsConfig known =
        ProjectorsConfig.load(
            null,
            Map.of(
                "DRIFTLESS_LOG_LEVEL", "DEBUG",
                "DRIFTLESS_QDRANT", "/opt/qdrant",
                "DRIFTLESS_PAGE_SERVICE_HOST", "10.0.0.1",
                "DRIFTLESS_PAGE_PORT_80_TCP", "tcp://10.0.0.1:80",
                "OTHER_THREADZ", "7"));
    assertThat(known.reading().threads()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "KAFKA_SECURTIY_PROTOCOL, KAFKA_SECURITY_PROTOCOL",
    "KAFKA_SASL_MECHANISMS, KAFKA_SASL_MECHANISM",
    "QDRANT_TSL, QDRANT_TLS",
    "PG_SSLMODE, PGSSLMODE",
    "QDRANT_APIKEY, QDRANT_API_KEY",
    "PGPASWORD_FILE, PGPASSWORD_FILE"
  })
  void a_variable_that_is_nearly_one_that_is_known_is_refused(String name, String meant) {
    assertThatThrownBy(() -> ProjectorsConfig.load(null, Map.of(name, "1")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("environment: unknown variable %s: rename it to %s, or unset it", name, meant);
  }

  @Test
  void a_variable_of_another_program_is_let_alone() {
    ProjectorsConfig config =
        ProjectorsConfig.load(
            null,
            Map.of(
                "KAFKA_HEAP_OPTS", "-Xmx1g",
                "QDRANT_URL", "http://qdrant:6333",
                "REDIS_URL", "redis://cache",
                "REDIS_URI", "redis://cache",
                "PGPASSFILE", "/root/.pgpass",
                "PG_HOST", "db",
                "VARIABLES", "7",
                "REDIS_PORT_6379_TCP", "tcp://10.0.0.1:6379",
                "KAFKA_SASL_MECHANISMS", "",
                "QDRANT_TSL", ""));
    assertThat(config.cache().uri()).isEqualTo("redis://cache");
  }

  @Test
  void a_variable_that_is_nearly_one_may_be_the_file_s_own() throws IOException {
    Path file = file("relational: {password: '${RELATIONAL_PASSWORT}'}\n");
    ProjectorsConfig config = ProjectorsConfig.load(file, Map.of("RELATIONAL_PASSWORT", "hush"));
    assertThat(config.relational().password()).isEqualTo("hush");
  }

  @Test
  void every_variable_that_is_known_is_documented() throws IOException {
    Throwable refused = catchThrowable(() -> ProjectorsConfig.load(null, Map.of("DRIFTLESS_", "")));
    String[] known =
        String.valueOf(refused.getMessage()).replaceAll("^.*known are \\[|]$", "").split(", ", -1);
    assertThat(known).hasSizeGreaterThan(70);
    Path root = Path.of(System.getProperty("basedir", "."));
    StringBuilder documents = new StringBuilder();
    for (String document :
        List.of(
            "../docs/OPERATIONS.md",
            "src/main/resources/dev/driftless/projectors/app/projectors.yaml",
            "../reconciler/src/main/resources/dev/driftless/reconciler/service/reconciler.yaml")) {
      documents.append(Files.readString(root.resolve(document)));
    }
    for (String variable : known) {
      assertThat(documents).containsPattern("\\b" + variable + "\\b");
    }
  }

  @Test
  void every_setting_has_a_variable() throws IOException {
    JsonNode defaults =
        new YAMLMapper().readTree(ProjectorsConfig.class.getResourceAsStream("projectors.yaml"));
    assertThat(leaves(defaults)).hasSizeGreaterThan(40).allMatch(value -> value.startsWith("${"));
  }

  private static Stream<String> leaves(JsonNode node) {
    return node.isObject()
        ? node.properties().stream().flatMap(entry -> leaves(entry.getValue()))
        : Stream.of(node.asText());
  }

  @Test
  void numbers_that_make_no_sense_are_refused_with_their_key() {
    assertThatThrownBy(() -> load(Map.of("DRIFTLESS_THREADS", "-2")))
        .hasMessageContainingAll("reading", "threads: expected at least 1");
    assertThatThrownBy(() -> load(Map.of("DRIFTLESS_REPLICATION", "0")))
        .hasMessageContainingAll("reading", "replication: expected at least 1");
  }

  @Test
  void there_are_connections_for_every_thread_and_more() {
    assertThat(load(Map.of()).relational().poolSize()).isEqualTo(4);
    ProjectorsConfig config =
        load(
            Map.of("DRIFTLESS_THREADS", "4", "DRIFTLESS_REPLICATION", "3", "AUDIT_POOL_SIZE", "9"));
    assertThat(config.context().poolSize()).isEqualTo(6);
    assertThat(config.audit().poolSize()).isEqualTo(9);
    assertThat(config.runtime().kafka()).containsEntry("replication.factor", "3");
    assertThat(config.kafka()).doesNotContainKey("replication.factor");
  }

  @Test
  void a_secret_may_stand_in_a_file_that_its_variable_names() throws IOException {
    Path secret = Files.writeString(directory.resolve("secret"), "s3cr3t ${PGUSER}\n");
    assertThat(load(Map.of("PGPASSWORD_FILE", secret.toString())).relational().password())
        .isEqualTo("s3cr3t ${PGUSER}");
    assertThat(
            load(Map.of("PGPASSWORD_FILE", secret.toString(), "PGPASSWORD", "other"))
                .relational()
                .password())
        .isEqualTo("other");
    assertThatThrownBy(() -> load(Map.of("PGPASSWORD_FILE", "/no/such/file")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PGPASSWORD_FILE: cannot be read: /no/such/file");
  }

  @Test
  void a_file_that_is_not_there_is_named() {
    Path missing = directory.resolve("missing.yaml");
    assertThatThrownBy(() -> ProjectorsConfig.load(missing, name -> null))
        .hasMessageContaining(missing.toString());
  }

  private Path file(String yaml) throws IOException {
    return Files.writeString(Files.createTempFile(directory, "config", ".yaml"), yaml);
  }

  private static ProjectorsConfig load(Map<String, String> environment) {
    return ProjectorsConfig.load(null, environment::get);
  }
}
