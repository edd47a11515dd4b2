package dev.driftless.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Settings for credentials and TLS reach the genuine client, which uses them. */
class RegistrySecurityIT {

  private static final Names NAMES = new Names("security_it");
  private static final String PASSWORD = "changeit";

  private final String url = TestStack.shared().with(ServerKind.REGISTRY).schemaRegistryUrl();

  @Test
  void basic_auth_is_sent() throws Exception {
    String header = "Basic " + Base64.getEncoder().encodeToString("mia:s3cret".getBytes(UTF_8));
    try (RegistryProxy proxy = new RegistryProxy(url, header, null)) {
      works(
          proxy.url(),
          Map.of(
              "basic.auth.credentials.source", "USER_INFO",
              "basic.auth.user.info", "mia:s3cret"));
      refused(
          proxy.url(),
          Map.of(
              "basic.auth.credentials.source", "USER_INFO",
              "basic.auth.user.info", "mia:wrong"));
      refused(proxy.url(), Map.of());
    }
  }

  @Test
  void a_bearer_token_is_sent() throws Exception {
    try (RegistryProxy proxy = new RegistryProxy(url, "Bearer t0ken", null)) {
      works(
          proxy.url(),
          Map.of("bearer.auth.credentials.source", "STATIC_TOKEN", "bearer.auth.token", "t0ken"));
      refused(
          proxy.url(),
          Map.of("bearer.auth.credentials.source", "STATIC_TOKEN", "bearer.auth.token", "other"));
    }
  }

  @Test
  void tls_trusts_the_given_certificate_and_no_other(@TempDir Path dir) throws Exception {
    Path keys = keytool(dir.resolve("keys.p12"), "IP:127.0.0.1");
    try (RegistryProxy proxy = new RegistryProxy(url, null, tls(keys))) {
      assertThat(proxy.url()).startsWith("https://");
      works(proxy.url(), trusting(keys));
      assertThatThrownBy(() -> registry(proxy.url(), Map.of()).register())
          .isInstanceOf(RegistryUnavailableException.class)
          .hasMessageContaining("PKIX path building failed");
    }
  }

  @Test
  void a_trusted_certificate_for_another_name_is_refused(@TempDir Path dir) throws Exception {
    Path keys = keytool(dir.resolve("keys.p12"), "DNS:elsewhere.example");
    try (RegistryProxy proxy = new RegistryProxy(url, null, tls(keys))) {
      assertThatThrownBy(() -> registry(proxy.url(), trusting(keys)).register())
          .isInstanceOf(RegistryUnavailableException.class)
          .hasMessageContaining("subject alternative names");
    }
  }

  private static Map<String, String> trusting(Path keys) {
    return Map.of(
        "schema.registry.ssl.truststore.location",
        keys.toString(),
        "schema.registry.ssl.truststore.password",
        PASSWORD,
        "schema.registry.ssl.truststore.type",
        "PKCS12");
  }

  private static void works(String url, Map<String, String> settings) throws Exception {
    try (EventRegistry registry = registry(url, settings)) {
      registry.register();
      assertThat(registry.schema(registry.currentId()).getName()).isEqualTo("MemoryEvent");
    }
  }

  private static void refused(String url, Map<String, String> settings) {
    assertThatThrownBy(() -> registry(url, settings).register())
        .isInstanceOf(RegistryUnavailableException.class)
        .hasMessageContaining("does not let us in (HTTP 401)");
  }

  private static EventRegistry registry(String url, Map<String, String> settings) {
    return new EventRegistry(url, NAMES, settings);
  }

  private static Path keytool(Path keys, String name) throws Exception {
    Path tool = Path.of(System.getProperty("java.home"), "bin", "keytool");
    Process process =
        new ProcessBuilder(
                tool.toString(),
                "-genkeypair",
                "-alias",
                "registry",
                "-keyalg",
                "EC",
                "-dname",
                "CN=registry",
                "-ext",
                "SAN=" + name,
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                keys.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return keys;
  }

  private static SSLContext tls(Path keys) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      store.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }
}
