package dev.driftless.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/** Which servers, in which versions, this module was built with ({@code servers.properties}). */
final class ServerPrograms {
  private static final Properties BUILT_WITH = load();

  private ServerPrograms() {}

  static String property(String name) {
    String value = BUILT_WITH.getProperty(name);
    if (value == null) {
      throw new IllegalStateException("servers.properties has no " + name);
    }
    return value;
  }

  /** A file beside these classes. */
  static String text(String name) {
    try (InputStream in = open(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new StackException("cannot read " + name + " from the class path: " + e, e);
    }
  }

  private static Properties load() {
    Properties properties = new Properties();
    try (InputStream in = open("servers.properties")) {
      properties.load(in);
      return properties;
    } catch (IOException e) {
      throw new StackException("cannot read servers.properties from the class path: " + e, e);
    }
  }

  private static InputStream open(String name) throws IOException {
    InputStream in = ServerPrograms.class.getResourceAsStream(name);
    if (in == null) {
      throw new IOException("not found");
    }
    return in;
  }
}
