package dev.driftless.cli.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The files of {@code deploy/} that are no code. */
final class Deployments {

  static final Path DEPLOY = Path.of("..").toAbsolutePath().normalize();
  static final Path DOCKER = DEPLOY.resolve("docker");
  static final Path KUBERNETES = DEPLOY.resolve("kubernetes");

  private static final ObjectMapper JSON = new ObjectMapper();

  private Deployments() {}

  /** The documents of a YAML file, aliases and merge keys resolved. */
  static List<JsonNode> documents(Path file) {
    return documents(text(file));
  }

  static List<JsonNode> documents(String yaml) {
    List<JsonNode> documents = new ArrayList<>();
    new Yaml(new SafeConstructor(new LoaderOptions()))
        .loadAll(yaml)
        .forEach(document -> documents.add(JSON.valueToTree(document)));
    return documents;
  }

  static JsonNode document(Path file) {
    return documents(file).get(0);
  }

  static List<Path> files(Path directory, String ending) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
