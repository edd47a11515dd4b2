package dev.driftless.containers;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;
import org.testcontainers.utility.DockerImageName;

/** The images that {@code deploy/docker/.env} names. */
final class Images {

  private static final Properties NAMES = read();

  private Images() {}

  /**
   * The image of this variable.
   *
   * @throws IllegalArgumentException if the file has no such line
   */
  static DockerImageName named(String variable) {
    String name = NAMES.getProperty(variable);
    if (name == null) {
      throw new IllegalArgumentException(
          "no image %s in deploy/docker/.env: one of %s"
              .formatted(variable, NAMES.stringPropertyNames().stream().sorted().toList()));
    }
    return DockerImageName.parse(name);
  }

  private static Properties read() {
    try (InputStream in = Objects.requireNonNull(Images.class.getResourceAsStream(".env"))) {
      Properties names = new Properties();
      names.load(in);
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
