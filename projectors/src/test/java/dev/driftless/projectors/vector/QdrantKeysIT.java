package dev.driftless.projectors.vector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.local.CertificateAuthority;
import dev.driftless.local.SecuredStack;
import dev.driftless.local.Security;
import dev.driftless.local.ServerKind;
import dev.driftless.projectors.Entity;
import dev.driftless.schemas.EmbeddingModels;
import dev.driftless.schemas.Names;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Points.ScrollPoints;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What each kind of key of a Qdrant gives, as the page on security says it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class QdrantKeysIT {

  private static final Names NAMES = new Names("");
  private static final Instant NOW = TestLog.START.plusSeconds(60);

  @TempDir private static Path certificates;

  private Security security;
  private SecuredStack stack;
  private VectorProjector projector;
  private String collection;

  @BeforeAll
  void write() throws Exception {
    security = new CertificateAuthority(certificates).sign("dns:localhost", "ip:127.0.0.1");
    stack = new SecuredStack(security, ServerKind.QDRANT);
    projector = new VectorProjector(config(security.secret(ServerKind.QDRANT)), NAMES);
    new TestLog("acme", "ann").recorded("seat", "a seat at the window").appendTo(projector, 0);
    new TestLog("evil", "eve").recorded("safe", "where the safe stands").appendTo(projector, 1);
    try (VectorCollections all = collections(security.secret(ServerKind.QDRANT))) {
      collection = all.current().orElseThrow().name();
    }
  }

  @AfterAll
  void close() {
    projector.close();
    stack.close();
  }

  @Test
  void the_read_only_key_searches_and_inspects_all_tenants_and_writes_nothing() {
    VectorConfig config = config(security.readOnlyKey());
    try (VectorSearch search = new VectorSearch(config, NAMES);
        VectorInspector inspector = new VectorInspector(config, NAMES, 2);
        VectorProjector writer = new VectorProjector(config, NAMES)) {
      assertThat(search.get("acme", "ann", "seat", NOW)).isPresent();
      assertThat(search.get("evil", "eve", "safe", NOW)).isPresent();
      BitSet all = new BitSet();
      all.set(0, Entity.BUCKETS);
      List<Entity> found = new ArrayList<>();
      inspector.entities(all, found::add);
      assertThat(inspector.read(found)).hasSize(2);
      assertThatThrownBy(() -> new TestLog().recorded("m", "no").appendTo(writer, 2))
          .hasStackTraceContaining("PERMISSION_DENIED");
    }
    assertDeletesNothing(security.readOnlyKey(), collection);
  }

  @Test
  void a_token_for_the_alias_reads_all_tenants_by_it_and_nothing_else() throws Exception {
    String token = token("{\"collection\":\"%s\",\"access\":\"r\"}");
    try (VectorCollections all = collections(token)) {
      assertThat(tenants(all, all.alias())).containsExactlyInAnyOrder("acme", "evil");
      assertThatThrownBy(() -> tenants(all, collection))
          .hasStackTraceContaining("PERMISSION_DENIED");
    }
    assertDeletesNothing(token, VectorCollections.alias(NAMES));
  }

  @Test
  void a_token_cannot_be_bound_to_a_tenant() throws Exception {
    String bound =
        token("{\"collection\":\"%s\",\"access\":\"r\",\"payload\":{\"tenant\":\"acme\"}}");
    try (VectorCollections all = collections(bound)) {
      assertThatThrownBy(() -> tenants(all, all.alias()))
          .hasStackTraceContaining("UNAUTHENTICATED")
          .hasStackTraceContaining("payload");
    }
  }

  private void assertDeletesNothing(String key, String from) {
    try (VectorCollections all = collections(key)) {
      assertThatThrownBy(
              () ->
                  all.link()
                      .await(all.link().client().deleteAsync(from, Filter.getDefaultInstance())))
          .hasStackTraceContaining("PERMISSION_DENIED");
    }
  }

  private VectorConfig config(String key) {
    return new VectorConfig(
        Objects.requireNonNull(stack.environment().get("QDRANT_GRPC")),
        key,
        true,
        security.authority(),
        Duration.ofSeconds(10),
        EmbeddingModels.MINILM,
        1);
  }

  private VectorCollections collections(String key) {
    return new VectorCollections(config(key), NAMES);
  }

  private static Set<String> tenants(VectorCollections all, String collection) {
    ScrollPoints request =
        ScrollPoints.newBuilder()
            .setCollectionName(collection)
            .setFilter(Filter.getDefaultInstance())
            .build();
    Set<String> tenants = new HashSet<>();
    all.link()
        .await(all.link().client().scrollAsync(request))
        .getResultList()
        .forEach(
            point -> {
              if (point.containsPayload("tenant")) {
                tenants.add(point.getPayloadOrThrow("tenant").getStringValue());
              }
            });
    return tenants;
  }

  /** Signed with the full key, as Qdrant's documentation says. */
  private String token(String access) throws Exception {
    Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
    String claims = "{\"access\":[" + access.formatted(VectorCollections.alias(NAMES)) + "]}";
    String signed =
        encoder.encodeToString("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes(UTF_8))
            + "."
            + encoder.encodeToString(claims.getBytes(UTF_8));
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(security.secret(ServerKind.QDRANT).getBytes(UTF_8), "HmacSHA256"));
    return signed + "." + encoder.encodeToString(mac.doFinal(signed.getBytes(UTF_8)));
  }
}
