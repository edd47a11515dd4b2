package dev.driftless.cli.deployment;

import static dev.driftless.cli.deployment.Deployments.KUBERNETES;

import com.fasterxml.jackson.databind.JsonNode;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1Job;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PersistentVolumeClaim;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is told to a cluster. */
final class Manifests {

  private Manifests() {}

  /**
   * As Kubernetes reads it.
   *
   * @throws IllegalArgumentException if it has a key that Kubernetes, or KEDA, does not know
   */
  static Object parsed(JsonNode manifest) throws IOException {
    String json = manifest.toString();
    return switch (kind(manifest)) {
      case "ConfigMap" -> V1ConfigMap.fromJson(json);
      case "Namespace" -> V1Namespace.fromJson(json);
      case "ServiceAccount" -> V1ServiceAccount.fromJson(json);
      case "Deployment" -> V1Deployment.fromJson(json);
      case "Job" -> V1Job.fromJson(json);
      case "PodDisruptionBudget" -> V1PodDisruptionBudget.fromJson(json);
      case "PersistentVolumeClaim" -> V1PersistentVolumeClaim.fromJson(json);
      case "Service" -> V1Service.fromJson(json);
      case "NetworkPolicy" -> V1NetworkPolicy.fromJson(json);
      case "ScaledObject" -> Keda.scaledObject(manifest);
      case "TriggerAuthentication" -> Keda.triggerAuthentication(manifest);
      default -> throw new AssertionError("unknown kind " + kind(manifest));
    };
  }

  static String kind(JsonNode manifest) {
    return manifest.path("kind").asText();
  }

  static String name(JsonNode manifest) {
    return manifest.at("/metadata/name").asText();
  }

  /** What runs in its pods. */
  static Stream<JsonNode> containers(JsonNode manifest) {
    return manifest.findParents("image").stream();
  }

  /** By secret, what README.md puts into it. */
  static Map<String, Set<String>> secrets() {
    Map<String, Set<String>> secrets = new HashMap<>();
    Matcher made =
        Pattern.compile("create secret generic (\\S+)((?: --from-literal=\\S+)*)")
            .matcher(Deployments.text(KUBERNETES.resolve("README.md")));
    while (made.find()) {
      secrets.put(
          made.group(1),
          Pattern.compile("--from-literal=(\\w+)=")
              .matcher(made.group(2))
              .results()
              .map(literal -> literal.group(1))
              .collect(Collectors.toSet()));
    }
    return secrets;
  }
}
