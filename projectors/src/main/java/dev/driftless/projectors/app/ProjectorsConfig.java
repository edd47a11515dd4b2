package dev.driftless.projectors.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.driftless.projectors.cache.CacheConfig;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.runtime.RuntimeConfig;
import dev.driftless.projectors.vector.VectorConfig;
import dev.driftless.schemas.Names;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.commons.text.StringSubstitutor;
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
    PostgresConfig audit) {

  private static final ObjectMapper YAML = new YAMLMapper().registerModule(new JavaTimeModule());

  /**
   * The schema registry.
   *
   * @param url base addresses, separated by commas
   * @param settings passed to the client as they are
   */
  public record Registry(String url, Map<String, String> settings) {}

  /** How the log is read; see {@link RuntimeConfig}. */
  public record Reading(
      Path stateDirectory,
      @Nullable String instance,
      int threads,
      int maxBatch,
      Duration commitInterval,
      Duration checkInterval,
      Duration idempotencyWindow) {}

  /**
   * The defaults, with {@code file} laid over them.
   *
   * @param environment where {@code ${ENV:default}} is looked up; null where a variable is not set
   * @throws IllegalArgumentException if the file cannot be read or says something wrong; names the
   *     file and the key
   */
  public static ProjectorsConfig load(
      @Nullable Path file, Function<String, @Nullable String> environment) {
    ObjectNode tree = defaults();
    if (file != null) {
      overlay(tree, read(file));
    }
    String source = file == null ? "projectors.yaml" : file.toString();
    return bind(source, (ObjectNode) resolve(tree, substitutor(environment)));
  }

  /** The prefix of everything shared. */
  public Names names() {
    return new Names(name == null ? "" : name);
  }

  /** How the runtime reads the log. */
  public RuntimeConfig runtime() {
    return new RuntimeConfig(
        names(),
        kafka,
        reading.stateDirectory,
        reading.instance,
        reading.threads,
        reading.maxBatch,
        reading.commitInterval,
        reading.checkInterval,
        reading.idempotencyWindow);
  }

  private static ProjectorsConfig bind(String source, ObjectNode tree) {
    try {
      return YAML.treeToValue(tree, ProjectorsConfig.class);
    } catch (UnrecognizedPropertyException e) {
      throw new IllegalArgumentException(
          "%s: unknown key %s; known here: %s".formatted(source, path(e), e.getKnownPropertyIds()),
          e);
    } catch (JsonMappingException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      String message =
          cause instanceof JsonProcessingException json
              ? json.getOriginalMessage()
              : cause.getMessage();
      throw new IllegalArgumentException("%s: %s: %s".formatted(source, path(e), message), e);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("%s: %s".formatted(source, e.getOriginalMessage()), e);
    }
  }

  private static String path(JsonMappingException e) {
    return e.getPath().stream()
        .map(r -> String.valueOf(r.getFieldName()))
        .collect(Collectors.joining("."));
  }

  private static ObjectNode defaults() {
    try (InputStream in =
        Objects.requireNonNull(ProjectorsConfig.class.getResourceAsStream("projectors.yaml"))) {
      return (ObjectNode) YAML.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      JsonNode tree = YAML.readTree(in);
      if (tree.isObject() || tree.isEmpty()) {
        return tree;
      }
      throw new IllegalArgumentException(file + ": expected keys and values");
    } catch (IOException e) {
      throw new IllegalArgumentException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static void overlay(ObjectNode below, JsonNode above) {
    above
        .properties()
        .forEach(
            entry -> {
              JsonNode existing = below.get(entry.getKey());
              if (existing instanceof ObjectNode node && entry.getValue().isObject()) {
                overlay(node, entry.getValue());
              } else {
                below.set(entry.getKey(), entry.getValue());
              }
            });
  }

  /** Substitutes in every text; what is then empty counts as not set. */
  private static JsonNode resolve(JsonNode node, StringSubstitutor substitutor) {
    if (node instanceof ObjectNode object) {
      Map<String, JsonNode> resolved = new HashMap<>();
      object
          .properties()
          .forEach(e -> resolved.put(e.getKey(), resolve(e.getValue(), substitutor)));
      object.setAll(resolved);
      return object;
    }
    if (!node.isTextual()) {
      return node;
    }
    String text = substitutor.replace(node.textValue());
    return text.isEmpty() ? NullNode.instance : TextNode.valueOf(text);
  }

  private static StringSubstitutor substitutor(Function<String, @Nullable String> environment) {
    return new StringSubstitutor(environment::apply)
        .setValueDelimiter(":")
        .setEnableSubstitutionInVariables(true) // ${A:${B:default}}
        .setDisableSubstitutionInValues(true) // a password may contain ${
        .setEnableUndefinedVariableException(true);
  }
}
