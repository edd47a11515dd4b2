package dev.driftless.reconciler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.driftless.local.CertificateAuthority;
import dev.driftless.local.SecuredStack;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.producer.LogTopic;
import dev.driftless.producer.LogTopics;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.MemoryLogConfig;
import dev.driftless.producer.Receipt;
import dev.driftless.producer.View;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Spares;
import dev.driftless.projectors.app.Views;
import dev.driftless.projectors.runtime.DeadLetterLog;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.projectors.runtime.ViewControls;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.Names;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rights that are shipped for Kafka are those that the programs need, and not more. */
@TestInstance(Lifecycle.PER_CLASS)
final class KafkaAclsIT {

  private static final Path SHIPPED =
      Path.of(System.getProperty("basedir", ".")).resolve("../deploy/security/kafka-acls.sh");

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Names names = new Names("acl" + Long.toString(System.nanoTime(), 36));
  private Path directory;
  private List<AclBinding> acls;
  private SecuredStack kafka;
  private Map<String, String> servers;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    this.directory = directory;
    acls = shipped();
    kafka =
        new SecuredStack(
            new CertificateAuthority(directory).sign("ip:127.0.0.1"), ServerKind.KAFKA);
    servers =
        new HashMap<>(
            TestStack.shared()
                .with(ServerKind.REGISTRY, ServerKind.POSTGRES, ServerKind.REDIS, ServerKind.QDRANT)
                .environment());
    servers.putAll(kafka.environment());
    List<String> users = acls.stream().map(acl -> user(acl.entry())).distinct().toList();
    try (Admin admin = admin()) {
      admin.createAcls(acls).all().get();
      admin
          .alterUserScramCredentials(users.stream().map(KafkaAclsIT::withPassword).toList())
          .all()
          .get();
    }
    for (String user : users) {
      await().atMost(PATIENCE).ignoreExceptions().until(() -> isLetIn(user));
    }
    try (Admin operator = admin(principal("operator"))) {
      LogTopic.create(operator, names, 2, 1, Views.names());
    }
    try (EventRegistry registry = config(principal("operator")).openRegistry()) {
      registry.register();
    }
  }

  @AfterAll
  void stop() {
    kafka.close();
  }

  @Test
  void every_topic_and_every_group_is_named() {
    List<String> topics = new ArrayList<>();
    topics.addAll(List.of(names.log(), names.controls(), names.positions(), names.repairs()));
    List<String> groups = new ArrayList<>();
    for (String view : Views.names()) {
      topics.add(names.deadLetters(view));
      groups.add(names.group(view));
      groups.add(names.group(view) + "-repairs");
      groups.add(names.spare().group(view));
    }
    groups.add(names.group("reconciler"));
    for (String topic : topics) {
      assertThat(mayBe(ResourceType.TOPIC, topic, AclOperation.READ)).as(topic).isNotEmpty();
      assertThat(mayBe(ResourceType.TOPIC, topic, AclOperation.WRITE)).as(topic).isNotEmpty();
    }
    for (String group : groups) {
      assertThat(mayBe(ResourceType.GROUP, group, AclOperation.READ)).as(group).isNotEmpty();
    }
    assertThat(mayBe(ResourceType.TOPIC, names.log(), AclOperation.WRITE))
        .containsExactly(principal("producer"));
    for (String view : Views.names()) {
      assertThat(mayBe(ResourceType.GROUP, names.group(view), AclOperation.READ))
          .containsExactly(principal(view));
      assertThat(mayBe(ResourceType.TOPIC, names.deadLetters(view), AclOperation.WRITE))
          .containsExactly(principal(view));
    }
  }

  @Test
  void views_are_kept_verified_and_mended_with_these_rights_alone() throws Exception {
    List<ViewApplication> running = new ArrayList<>();
    List<Spares> spares = new ArrayList<>();
    List<EventRegistry> registries = new ArrayList<>();
    try (MemoryLog log = log("producer")) {
      for (String view : Views.names()) {
        ProjectorsConfig config = config(principal(view));
        EventRegistry registry = config.openRegistry();
        registries.add(registry);
        ViewApplication application =
            new ViewApplication(
                Views.open(view, config), registry, config.runtime(), new SimpleMeterRegistry());
        application.start();
        running.add(application);
        spares.add(Spares.of(List.of(view), config, registry, new SimpleMeterRegistry()));
      }
      List<Receipt> receipts = new ArrayList<>();
      Events.everything("mia").forEach(event -> receipts.add(log.append(event)));
      write(principal("producer"), names.log());
      receipts.add(log.append(Events.recorded("mia", "last", "text")));
      List<View> views =
          List.of(View.RELATIONAL, View.VECTOR, View.CACHE, View.CONTEXT, View.AUDIT);
      log.awaitVisible(receipts, views, PATIENCE);
      assertSees("operator", receipts, views);
      assertSees("reconciler", receipts, views);

      ProjectorsConfig config = config(principal("reconciler"));
      try (EventRegistry registry = config.openRegistry();
          DeadLetterLog letters =
              new DeadLetterLog(config.kafka(), names, new EventDecoder(registry));
          ViewControls controls = new ViewControls(config.kafka(), names);
          Reconciler reconciler =
              Reconciler.open(config, "reconciler", directory.resolve("copy"), line -> {})) {
        for (String view : Views.names()) {
          assertThat(letters.list(view)).as(view).hasSize(1);
          assertThat(reconciler.lag().committed(view)).as(view).isNotNull();
        }
        assertThat(controls.paused()).isEmpty();
        assertThat(reconciler.check(Views.names(), true).exitCode()).isZero();
        assertMends(reconciler);
      }
      assertOperates(config(principal("operator")));
    } finally {
      spares.forEach(Spares::close);
      ViewApplication.closeAll(running);
      registries.forEach(EventRegistry::close);
    }
    try (Admin admin = admin()) {
      assertThat(admin.listGroups().all().get().stream().map(GroupListing::groupId))
          .contains(names.group("cache"), names.group("cache") + "-repairs");
    }
  }

  /** How far the views are, and how topics are set, those of Kafka Streams too. */
  private void assertSees(String who, List<Receipt> receipts, List<View> views) {
    try (MemoryLog log = log(who);
        Admin admin = admin(principal(who))) {
      log.awaitVisible(receipts, views, PATIENCE);
      assertThat(LogTopics.check(admin, names, Views.names()))
          .hasSizeGreaterThan(4 + Views.names().size())
          .allSatisfy(topic -> assertThat(topic.wrong()).as(topic.name()).isEmpty());
    }
  }

  /** What commands do: repair, rebuild, pause and resume. */
  private void assertOperates(ProjectorsConfig config) {
    try (Reconciler reconciler =
            Reconciler.open(config, "reconciler-once", directory.resolve("once"), line -> {});
        Rebuild rebuild = new Rebuild(config, "relational", line -> {})) {
      assertMends(reconciler);
      rebuild.prepare();
      rebuild.fill();
      assertThat(reconciler.checkSpare("relational").exitCode()).isZero();
      rebuild.exchange(rebuild.numbers());
      rebuild.drop(rebuild.numbers());
    }
    ViewControls.set(config.kafka(), names, "cache", true);
    ViewControls.set(config.kafka(), names, "cache", false);
  }

  private void assertMends(Reconciler reconciler) {
    loseMemory("mia", "last");
    Report lost = reconciler.check(List.of("cache"), true);
    assertThat(lost.exitCode()).isEqualTo(1);
    RepairLimits limits = new RepairLimits(100, directory.resolve("exports"), PATIENCE);
    RepairReport repaired = reconciler.repair(lost, limits).get(0);
    assertThat(repaired.refused()).isNull();
    assertThat(repaired.mended()).isPositive();
    assertThat(reconciler.check(List.of("cache"), true).exitCode()).isZero();
  }

  private void loseMemory(String subject, String memory) {
    RedisClient redis = RedisClient.create(servers.get("REDIS_URL"));
    try (StatefulRedisConnection<String, String> connection = redis.connect()) {
      String key = "%s:driftless:{%s/%s}:memory:%s";
      assertThat(connection.sync().del(key.formatted(names.name(), Events.TENANT, subject, memory)))
          .isEqualTo(1);
    } finally {
      redis.shutdown();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "relational",
        "vector",
        "cache",
        "context",
        "audit",
        "reconciler",
        "operator",
        "keda"
      })
  void nobody_but_the_producer_appends_to_the_log(String who) {
    assertDenied(() -> write(principal(who), names.log()));
  }

  @Test
  void producer_reads_neither_the_log_nor_asks_for_repairs_nor_moves_positions() {
    String producer = principal("producer");
    assertDenied(() -> read(producer, names.log()));
    assertDenied(() -> write(producer, names.repairs()));
    assertDenied(() -> write(producer, names.positions()));
    assertDenied(() -> write(producer, names.deadLetters("cache")));
    assertDenied(() -> write(producer, names.controls()));
  }

  @Test
  void projector_writes_nothing_of_another_and_asks_for_no_repairs() {
    String cache = principal("cache");
    assertDenied(() -> write(cache, names.deadLetters("audit")));
    assertDenied(() -> read(cache, names.deadLetters("audit")));
    assertDenied(() -> write(cache, names.repairs()));
    assertDenied(() -> write(cache, names.controls()));
    assertDenied(() -> commit(cache, names.group("audit")));
    assertDenied(() -> commit(cache, names.group("reconciler")));
  }

  @Test
  void scaler_learns_how_far_a_group_is_and_nothing_else() throws Exception {
    String keda = principal("keda");
    TopicPartition first = new TopicPartition(names.log(), 0);
    try (Admin admin = admin(keda)) {
      assertThat(
              admin
                  .listOffsets(Map.of(first, OffsetSpec.latest()))
                  .partitionResult(first)
                  .get()
                  .offset())
          .isNotNegative();
      for (String view : Views.names()) {
        String group = names.group(view);
        assertThat(
                admin
                    .listConsumerGroupOffsets(
                        Map.of(
                            group,
                            new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(first))))
                    .partitionsToOffsetAndMetadata(group)
                    .get())
            .containsKey(first);
      }
    }
    assertDenied(() -> read(keda, names.log()));
    assertDenied(() -> read(keda, names.deadLetters("cache")));
    assertDenied(() -> write(keda, names.repairs()));
    assertDenied(() -> commit(keda, names.group("cache")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"producer", "cache", "reconciler", "operator", "keda"})
  void nobody_deletes_or_changes_a_topic_or_gives_rights(String who) {
    try (Admin admin = admin(principal(who))) {
      ConfigResource log = new ConfigResource(ConfigResource.Type.TOPIC, names.log());
      AlterConfigOp shorter =
          new AlterConfigOp(new ConfigEntry("retention.ms", "1"), AlterConfigOp.OpType.SET);
      assertDenied(() -> admin.incrementalAlterConfigs(Map.of(log, List.of(shorter))).all().get());
      assertDenied(() -> admin.deleteTopics(List.of(names.log())).all().get());
      assertDenied(() -> admin.createAcls(acls).all().get());
    }
  }

  private void write(String user, String topic) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = producer(user)) {
      producer.send(new ProducerRecord<>(topic, 0, null, new byte[] {1})).get();
    }
  }

  private void read(String user, String topic) {
    TopicPartition first = new TopicPartition(topic, 0);
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(user, Map.of())) {
      consumer.assign(List.of(first));
      consumer.seekToBeginning(List.of(first));
      consumer.poll(Duration.ofSeconds(10));
    }
  }

  private void commit(String user, String group) {
    TopicPartition first = new TopicPartition(names.log(), 0);
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(user, Map.of("group.id", group))) {
      consumer.assign(List.of(first));
      consumer.seek(first, 0);
      consumer.commitSync();
    }
  }

  private KafkaProducer<byte[], byte[]> producer(String user) {
    return new KafkaProducer<>(
        Map.copyOf(settings(user)), new ByteArraySerializer(), new ByteArraySerializer());
  }

  private KafkaConsumer<byte[], byte[]> consumer(String user, Map<String, String> more) {
    Map<String, Object> settings = new HashMap<>(settings(user));
    settings.putAll(more);
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** With the password that is its name. */
  private static UserScramCredentialAlteration withPassword(String user) {
    return new UserScramCredentialUpsertion(
        user, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), user);
  }

  /** A broker hears of new users a little later. */
  private boolean isLetIn(String user) throws Exception {
    try (Admin admin = admin(user)) {
      return !admin.describeCluster().nodes().get().isEmpty();
    }
  }

  private Map<String, String> settings(String user) {
    return config(user).kafka();
  }

  /** Of the user who may do everything. */
  private Admin admin() {
    return Admin.create(Map.copyOf(ProjectorsConfig.load(null, servers::get).kafka()));
  }

  private Admin admin(String user) {
    return Admin.create(Map.copyOf(settings(user)));
  }

  private MemoryLog log(String who) {
    Map<String, String> settings = settings(principal(who));
    return MemoryLog.open(
        MemoryLogConfig.of(
                String.valueOf(settings.get("bootstrap.servers")),
                String.valueOf(servers.get("SCHEMA_REGISTRY_URL")))
            .withNames(names)
            .withKafka(settings));
  }

  private ProjectorsConfig config(String user) {
    Map<String, String> variables = new HashMap<>(servers);
    variables.put(
        "KAFKA_SASL_JAAS_CONFIG",
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%1$s\" password=\"%1$s\";"
            .formatted(user));
    variables.put("DRIFTLESS_NAME", names.name());
    variables.put("DRIFTLESS_STATE", directory.resolve(user).toString());
    variables.put("DRIFTLESS_CHECK_INTERVAL", "PT0.3S");
    variables.put("DRIFTLESS_COMMIT_INTERVAL", "PT0.5S");
    return ProjectorsConfig.load(null, variables::get);
  }

  private String principal(String who) {
    return names.group(who);
  }

  private static String user(AccessControlEntry entry) {
    return entry.principal().substring("User:".length());
  }

  /** Who has this right to what has this name. */
  private Collection<String> mayBe(ResourceType type, String name, AclOperation operation) {
    return acls.stream()
        .filter(acl -> acl.pattern().resourceType() == type)
        .filter(acl -> acl.entry().operation() == operation)
        .filter(
            acl ->
                acl.pattern().patternType() == PatternType.PREFIXED
                    ? name.startsWith(acl.pattern().name())
                    : name.equals(acl.pattern().name()))
        .map(acl -> user(acl.entry()))
        .distinct()
        .toList();
  }

  /** What the shipped script asks for. */
  private List<AclBinding> shipped() throws IOException, InterruptedException {
    ProcessBuilder script = new ProcessBuilder("sh", SHIPPED.toString());
    script.environment().put("KAFKA_ACLS", "echo");
    script.environment().put("DRIFTLESS_NAME", names.name());
    Process process = script.redirectErrorStream(true).start();
    List<String> lines = process.inputReader().lines().toList();
    assertThat(process.waitFor()).as(() -> String.join("\n", lines)).isZero();
    assertThat(lines).isNotEmpty();
    return lines.stream().flatMap(line -> acls(List.of(line.split(" ")))).toList();
  }

  private static Stream<AclBinding> acls(List<String> words) {
    boolean isTopic = words.contains("--topic");
    ResourcePattern resource =
        new ResourcePattern(
            isTopic ? ResourceType.TOPIC : ResourceType.GROUP,
            after(words, isTopic ? "--topic" : "--group"),
            PatternType.fromString(
                after(words, "--resource-pattern-type").toUpperCase(Locale.ROOT)));
    String principal = after(words, "--allow-principal");
    List<AclBinding> acls = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      if (words.get(i).equals("--operation")) {
        String operation = words.get(i + 1).replaceAll("(?<=[a-z])(?=[A-Z])", "_");
        acls.add(
            new AclBinding(
                resource,
                new AccessControlEntry(
                    principal, "*", AclOperation.fromString(operation), AclPermissionType.ALLOW)));
      }
    }
    return acls.stream();
  }

  private static String after(List<String> words, String option) {
    return words.get(words.indexOf(option) + 1);
  }

  @FunctionalInterface
  private interface Attempt {
    void run() throws Exception;
  }

  private static void assertDenied(Attempt attempt) {
    assertThatThrownBy(attempt::run)
        .satisfiesAnyOf(
            e -> assertThat(e).isInstanceOf(AuthorizationException.class),
            e ->
                assertThat(e)
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(AuthorizationException.class));
  }
}
