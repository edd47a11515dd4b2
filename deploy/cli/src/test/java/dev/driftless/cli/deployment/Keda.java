package dev.driftless.cli.deployment;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscalerBehavior;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What KEDA 2.16 reads, which is no part of Kubernetes' own model. Another key is refused. */
final class Keda {

  /** A number is no text: KEDA's resources say of what type each value is. */
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .withCoercionConfig(
              LogicalType.Textual,
              types ->
                  types
                      .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
          .build();

  /** See <a href="https://keda.sh/docs/2.16/scalers/apache-kafka/">KEDA's scaler for Kafka</a>. */
  private static final Set<String> KAFKA =
      Set.of(
          "bootstrapServers",
          "bootstrapServersFromEnv",
          "consumerGroup",
          "consumerGroupFromEnv",
          "topic",
          "topicFromEnv",
          "lagThreshold",
          "activationLagThreshold",
          "offsetResetPolicy",
          "allowIdleConsumers",
          "scaleToZeroOnInvalidOffset",
          "excludePersistentLag",
          "limitToPartitionsWithLag",
          "version",
          "partitionLimitation",
          "sasl",
          "tls",
          "unsafeSsl");

  private static final Set<String> KAFKA_AUTHENTICATION =
      Set.of("sasl", "username", "password", "tls", "ca", "cert", "key", "keyPassword");

  private Keda() {}

  /** See <a href="https://keda.sh/docs/2.16/reference/scaledobject-spec/">KEDA's reference</a>. */
  record ScaledObject(String apiVersion, String kind, JsonNode metadata, Spec spec) {

    record Spec(
        @JsonProperty(required = true) Target scaleTargetRef,
        @Nullable Integer pollingInterval,
        @Nullable Integer cooldownPeriod,
        int minReplicaCount,
        int maxReplicaCount,
        @Nullable Advanced advanced,
        @JsonProperty(required = true) List<Trigger> triggers) {}

    /** A Deployment of the same namespace. */
    record Target(@JsonProperty(required = true) String name) {}

    record Advanced(Autoscaler horizontalPodAutoscalerConfig) {}

    record Autoscaler(JsonNode behavior) {}

    record Trigger(
        String type, Map<String, String> metadata, @Nullable Authentication authenticationRef) {

      Trigger {
        if (!type.equals("kafka")) {
          throw new IllegalArgumentException("unknown scaler " + type);
        }
        refuseOthers(metadata.keySet(), KAFKA);
      }
    }

    record Authentication(@JsonProperty(required = true) String name) {}
  }

  /** See <a href="https://keda.sh/docs/2.16/concepts/authentication/">KEDA's concepts</a>. */
  record TriggerAuthentication(String apiVersion, String kind, JsonNode metadata, Spec spec) {

    record Spec(@JsonProperty(required = true) List<SecretKey> secretTargetRef) {}

    record SecretKey(String parameter, String name, String key) {

      SecretKey {
        refuseOthers(Set.of(parameter), KAFKA_AUTHENTICATION);
      }
    }
  }

  static ScaledObject scaledObject(JsonNode manifest) throws IOException {
    ScaledObject parsed = JSON.treeToValue(manifest, ScaledObject.class);
    check(parsed.apiVersion(), parsed.metadata());
    if (parsed.spec().advanced() != null) {
      JsonNode behavior = parsed.spec().advanced().horizontalPodAutoscalerConfig().behavior();
      V2HorizontalPodAutoscalerBehavior.fromJson(behavior.toString());
    }
    return parsed;
  }

  static TriggerAuthentication triggerAuthentication(JsonNode manifest) throws IOException {
    TriggerAuthentication parsed = JSON.treeToValue(manifest, TriggerAuthentication.class);
    check(parsed.apiVersion(), parsed.metadata());
    return parsed;
  }

  private static void check(String apiVersion, JsonNode metadata) throws IOException {
    if (!apiVersion.equals("keda.sh/v1alpha1")) {
      throw new IllegalArgumentException("unknown version " + apiVersion);
    }
    V1ObjectMeta.fromJson(metadata.toString());
  }

  private static void refuseOthers(Set<String> keys, Set<String> known) {
    for (String key : keys) {
      if (!known.contains(key)) {
        throw new IllegalArgumentException("KEDA's scaler for Kafka does not know " + key);
      }
    }
  }
}
