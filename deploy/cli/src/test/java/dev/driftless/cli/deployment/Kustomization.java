package dev.driftless.cli.deployment;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What kustomize makes of a directory, as far as it is used here: a key that is not read is
 * refused. Stricter than kustomize, which passes over a patch that selects nothing, a value that
 * replaces none and an image that nobody runs. Names get no hash.
 *
 * @see <a href="https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/">its
 *     keys</a>
 */
final class Kustomization {

  static final String FILE = "kustomization.yaml";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;
  private final Keys keys;

  private record Keys(
      String apiVersion,
      String kind,
      @Nullable String namespace,
      @JsonSetter(nulls = Nulls.AS_EMPTY) List<String> resources,
      @JsonSetter(nulls = Nulls.AS_EMPTY) List<String> components,
      @JsonSetter(nulls = Nulls.AS_EMPTY) List<ConfigMap> configMapGenerator,
      @JsonSetter(nulls = Nulls.AS_EMPTY) List<Patch> patches,
      @JsonSetter(nulls = Nulls.AS_EMPTY) List<Image> images) {}

  private record ConfigMap(
      String name, @Nullable String namespace, @Nullable String behavior, List<String> literals) {}

  private record Patch(Target target, String patch) {}

  /** Regular expressions of the whole value. */
  private record Target(@Nullable String kind, @Nullable String name) {

    boolean selects(JsonNode manifest) {
      return selects(kind, Manifests.kind(manifest)) && selects(name, Manifests.name(manifest));
    }

    private static boolean selects(@Nullable String expression, String value) {
      return expression == null || Pattern.matches(expression, value);
    }
  }

  /** Of RFC 6902: of a member of an object, or the addition to the end of a list. */
  private record Operation(String op, String path, @Nullable JsonNode value) {}

  private record Image(String name, @Nullable String newName, @Nullable String newTag) {}

  /**
   * @throws IllegalArgumentException if it is no text of a kustomization.yaml
   */
  Kustomization(Path directory, String yaml) {
    this.directory = directory;
    this.keys = JSON.convertValue(Deployments.documents(yaml).get(0), Keys.class);
  }

  static Kustomization in(Path directory) {
    return new Kustomization(directory, Deployments.text(directory.resolve(FILE)));
  }

  boolean isComponent() {
    return keys.kind().equals("Component");
  }

  /**
   * What is told to the cluster.
   *
   * @throws IllegalArgumentException if something that is named here is not there
   */
  List<JsonNode> manifests() {
    check(!isComponent(), "%s is no part of its own", directory);
    List<JsonNode> manifests = new ArrayList<>();
    addTo(manifests);
    return manifests;
  }

  private void addTo(List<JsonNode> manifests) {
    String version = isComponent() ? "v1alpha1" : "v1beta1";
    check(
        keys.apiVersion().equals("kustomize.config.k8s.io/" + version),
        "%s is not of version %s",
        directory,
        version);
    for (String resource : keys.resources()) {
      Path path = directory.resolve(resource);
      manifests.addAll(
          Files.isDirectory(path) ? in(path).manifests() : Deployments.documents(path));
    }
    for (String component : keys.components()) {
      Kustomization added = in(directory.resolve(component));
      check(added.isComponent(), "%s is no component", component);
      added.addTo(manifests);
    }
    keys.configMapGenerator().forEach(map -> generate(map, manifests));
    keys.patches().forEach(patch -> apply(patch, manifests));
    if (keys.namespace() != null) {
      manifests.forEach(manifest -> move(manifest, keys.namespace()));
    }
    keys.images().forEach(image -> apply(image, manifests));
  }

  private static void generate(ConfigMap generated, List<JsonNode> manifests) {
    String name = generated.name();
    List<JsonNode> found =
        manifests.stream()
            .filter(manifest -> Manifests.kind(manifest).equals("ConfigMap"))
            .filter(manifest -> Manifests.name(manifest).equals(name))
            .filter(
                manifest ->
                    generated.namespace() == null
                        || generated
                            .namespace()
                            .equals(manifest.at("/metadata/namespace").asText()))
            .toList();
    boolean merges = "merge".equals(generated.behavior());
    check(merges || generated.behavior() == null, "unknown behavior of the map %s", name);
    check(found.size() == (merges ? 1 : 0), "there are %d maps named %s", found.size(), name);
    if (!merges) {
      ObjectNode map = JsonNodeFactory.instance.objectNode();
      map.put("apiVersion", "v1").put("kind", "ConfigMap");
      map.putObject("metadata").put("name", name);
      map.putObject("data");
      manifests.add(map);
      found = List.of(map);
    }
    for (String literal : generated.literals()) {
      String[] pair = literal.split("=", 2);
      ((ObjectNode) found.get(0).path("data")).put(pair[0], pair[1]);
    }
  }

  private static void apply(Patch patch, List<JsonNode> manifests) {
    List<JsonNode> selected = manifests.stream().filter(patch.target()::selects).toList();
    check(!selected.isEmpty(), "%s selects nothing", patch.target());
    for (JsonNode operation : Deployments.documents(patch.patch()).get(0)) {
      Operation parsed = JSON.convertValue(operation, Operation.class);
      selected.forEach(manifest -> apply(parsed, manifest));
    }
  }

  private static void apply(Operation operation, JsonNode manifest) {
    JsonPointer path = JsonPointer.compile(operation.path());
    JsonNode parent = manifest.at(path.head());
    JsonNode value = operation.value();
    boolean adds = operation.op().equals("add");
    check(
        !(adds ? parent : manifest.at(path)).isMissingNode(),
        "%s is not there in %s",
        operation.path(),
        Manifests.name(manifest));
    String key = path.last().getMatchingProperty();
    if (operation.op().equals("remove") && parent instanceof ObjectNode object) {
      object.remove(key);
    } else if (adds && key.equals("-") && parent instanceof ArrayNode list) {
      list.add(value);
    } else if ((adds || operation.op().equals("replace")) && parent instanceof ObjectNode object) {
      object.set(key, value);
    } else {
      throw new IllegalArgumentException("unknown operation " + operation);
    }
  }

  private static void move(JsonNode manifest, String namespace) {
    String key = Manifests.kind(manifest).equals("Namespace") ? "name" : "namespace";
    ((ObjectNode) manifest.path("metadata")).put(key, namespace);
  }

  private static void apply(Image image, List<JsonNode> manifests) {
    Pattern used = Pattern.compile(Pattern.quote(image.name()) + "(:.+)?");
    boolean found = false;
    for (JsonNode container : manifests.stream().flatMap(Manifests::containers).toList()) {
      Matcher named = used.matcher(container.path("image").asText());
      if (named.matches()) {
        found = true;
        String name = image.newName() == null ? image.name() : image.newName();
        String tag = image.newTag() == null ? named.group(1) : ":" + image.newTag();
        ((ObjectNode) container).put("image", name + tag);
      }
    }
    check(found, "nobody runs the image %s", image.name());
  }

  private static void check(boolean isSo, String otherwise, Object... values) {
    if (!isSo) {
      throw new IllegalArgumentException(otherwise.formatted(values));
    }
  }
}
