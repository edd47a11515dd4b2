package dev.driftless.projectors.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.commons.text.StringSubstitutor;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a process: a commented file of all keys with their defaults, and a user's file
 * laid over it. Values may hold {@code ${ENV:default}}; unknown keys are refused by name.
 */
public final class ConfigFile {

  private static final ObjectMapper YAML = new YAMLMapper().registerModule(new JavaTimeModule());

  private static final String UNFIT = "not a value that can be here";

  private final String source;
  private final String prefix;
  private final ObjectNode tree;

  private ConfigFile(String source, String prefix, ObjectNode tree) {
    this.source = source;
    this.prefix = prefix;
    this.tree = tree;
  }

  /**
   * The defaults, with {@code file} laid over them.
   *
   * @param defaults closed by this
   * @param environment where {@code ${ENV:default}} is looked up; null where a variable is not set.
   *     If {@code ENV} is not set but {@code ENV_FILE} is, the value is what that file holds,
   *     without white space at its end
   * @throws IllegalArgumentException if the file cannot be read or is no such file, or one that a
   *     variable names; names it
   */
  public static ConfigFile load(
      InputStream defaults, @Nullable Path file, Function<String, @Nullable String> environment) {
    ObjectNode tree = defaults(defaults);
    JsonNode builtIn = resolve("defaults", "", tree.deepCopy(), substitutor(name -> null));
    if (file != null) {
      overlay(tree, read(file));
    }
    String source = file == null ? "environment" : file.toString();
    JsonNode resolved = resolve(source, "", tree, substitutor(environment));
    requireValues(source, "", builtIn, resolved);
    return new ConfigFile(source, "", (ObjectNode) resolved);
  }

  /** What stands below this key, which the defaults have. */
  public ConfigFile section(String key) {
    if (tree.get(key) instanceof ObjectNode section) {
      return new ConfigFile(source, prefix + key + ".", section);
    }
    throw new IllegalArgumentException("%s: %s: expected keys and values".formatted(source, key));
  }

  /** All but what stands below this key. */
  public ConfigFile without(String key) {
    ObjectNode others = tree.deepCopy();
    others.remove(key);
    return new ConfigFile(source, prefix, others);
  }

  /**
   * The keys and values as this record.
   *
   * @throws IllegalArgumentException if a key is unknown, or a value is not what it should be
   */
  public <T> T bind(Class<T> type) {
    try {
      return YAML.treeToValue(tree, type);
    } catch (UnrecognizedPropertyException e) {
      throw new IllegalArgumentException(
          "%s: unknown key %s; known here: %s".formatted(source, path(e), e.getKnownPropertyIds()),
          e);
    } catch (JsonMappingException e) {
      throw new IllegalArgumentException("%s: %s: %s".formatted(source, path(e), problem(e)));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(source + ": " + UNFIT);
    }
  }

  /** What is to be thrown where this file says what it must not. */
  IllegalArgumentException refused(String why) {
    return new IllegalArgumentException(source + ": " + why);
  }

  /** A record of ours says it itself; Jackson would show the value, which may be a password. */
  private static String problem(JsonMappingException e) {
    if (e instanceof ValueInstantiationException record && record.getType().isRecordType()) {
      return String.valueOf(Objects.requireNonNullElse(e.getCause(), e).getMessage());
    }
    if (e instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null) {
      Class<?> type = mismatch.getTargetType();
      boolean hasKeys = type.isRecord() || Map.class.isAssignableFrom(type);
      return "expected " + (hasKeys ? "keys and values" : type.getSimpleName());
    }
    return UNFIT;
  }

  private String path(JsonMappingException e) {
    return e.getPath().stream()
        .map(r -> String.valueOf(r.getFieldName()))
        .collect(Collectors.joining(".", prefix, ""));
  }

  private static ObjectNode defaults(InputStream in) {
    try (in) {
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
    } catch (JsonProcessingException e) {
      // the parser's message shows the lines around the mistake, and a password may be in them
      throw new IllegalArgumentException(
          "%s: line %d: not YAML".formatted(file, e.getLocation().getLineNr()));
    } catch (IOException e) {
      throw new IllegalArgumentException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** What has a default cannot do without a value. */
  private static void requireValues(
      String source, String prefix, JsonNode builtIn, JsonNode resolved) {
    builtIn
        .properties()
        .forEach(
            entry -> {
              String key = prefix + entry.getKey();
              JsonNode value = resolved.path(entry.getKey());
              if (value.isNull() && !entry.getValue().isNull()) {
                throw new IllegalArgumentException(
                    "%s: %s: has no value; leave it out for the default".formatted(source, key));
              }
              requireValues(source, key + ".", entry.getValue(), value);
            });
  }

  /** A key without a value counts as not set. */
  private static void overlay(ObjectNode below, JsonNode above) {
    above
        .properties()
        .forEach(
            entry -> {
              JsonNode existing = below.get(entry.getKey());
              if (existing instanceof ObjectNode node && entry.getValue().isObject()) {
                overlay(node, entry.getValue());
              } else if (existing == null || !entry.getValue().isNull()) {
                below.set(entry.getKey(), entry.getValue());
              }
            });
  }

  /** Substitutes in every text; what is then empty counts as not set. */
  private static JsonNode resolve(
      String source, String key, JsonNode node, StringSubstitutor substitutor) {
    if (node instanceof ObjectNode object) {
      String prefix = key.isEmpty() ? "" : key + ".";
      Map<String, JsonNode> resolved = new HashMap<>();
      object
          .properties()
          .forEach(
              e ->
                  resolved.put(
                      e.getKey(), resolve(source, prefix + e.getKey(), e.getValue(), substitutor)));
      object.setAll(resolved);
      return object;
    }
    if (!node.isTextual()) {
      return node;
    }
    try {
      String text = substitutor.replace(node.textValue());
      return text.isEmpty() ? NullNode.instance : TextNode.valueOf(text);
    } catch (IllegalArgumentException e) {
      if (e.getCause() != null) { // of a file that a variable names
        throw new IllegalArgumentException(
            "%s: %s: %s".formatted(source, key, e.getMessage()), e.getCause());
      }
      throw new IllegalArgumentException(
          "%s: %s: %s: set it, or write a default, as in ${NAME:default}"
              .formatted(source, key, String.valueOf(e.getMessage()).replaceFirst(" \\(.*", "")));
    }
  }

  /** What is not set itself may stand in a file, as secrets are handed to containers. */
  private static @Nullable String variable(
      Function<String, @Nullable String> environment, String name) {
    String value = environment.apply(name);
    String file = environment.apply(name + "_FILE");
    if (value != null && !value.isEmpty()) {
      return value;
    }
    if (file == null || file.isEmpty()) {
      return null;
    }
    try {
      return Files.readString(Path.of(file)).stripTrailing();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "%s_FILE: cannot be read: %s".formatted(name, e.getMessage()), e);
    }
  }

  private static StringSubstitutor substitutor(Function<String, @Nullable String> environment) {
    return new StringSubstitutor(name -> variable(environment, name))
        .setValueDelimiter(":")
        .setEnableSubstitutionInVariables(true) // ${A:${B:default}}
        .setDisableSubstitutionInValues(true) // a password may contain ${
        .setEnableUndefinedVariableException(true);
  }
}
