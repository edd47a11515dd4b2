package dev.driftless.local;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers that would let anybody in would prove nothing about clients. */
final class SecuredStackIT {

  @TempDir private static Path directory;
  private static Map<String, String> environment = Map.of();
  private static AutoCloseable stack = () -> {};

  @BeforeAll
  static void start() throws IOException {
    Security security = new CertificateAuthority(directory).sign("dns:localhost", "ip:127.0.0.1");
    SecuredStack secured =
        new SecuredStack(security, ServerKind.POSTGRES, ServerKind.REDIS, ServerKind.QDRANT);
    stack = secured;
    environment = secured.environment();
  }

  @AfterAll
  static void stop() throws Exception {
    stack.close();
  }

  @Test
  void postgresql_talks_to_nobody_in_the_clear() throws SQLException {
    String url = "jdbc:postgresql://127.0.0.1:%s/driftless".formatted(environment.get("PGPORT"));
    Properties login = new Properties();
    login.setProperty("user", "postgres");
    login.setProperty("password", String.valueOf(environment.get("PGPASSWORD")));
    login.setProperty("sslmode", "disable");
    assertThatThrownBy(() -> DriverManager.getConnection(url, login))
        .hasMessageContaining("no encryption");
    login.setProperty("sslmode", "require");
    try (var connection = DriverManager.getConnection(url, login)) {
      assertThat(connection.isValid(5)).isTrue();
    }
  }

  @Test
  void redis_and_qdrant_talk_to_nobody_in_the_clear() throws IOException {
    for (String server : new String[] {"REDIS_URL", "QDRANT_HTTP"}) {
      int port = URI.create(String.valueOf(environment.get(server))).getPort();
      try (Socket socket = Probe.connect(port)) {
        socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
        assertThat(answer(socket)).as(server).doesNotContain("HTTP", "ERR", "NOAUTH");
      }
    }
  }

  @Test
  void the_default_user_of_redis_is_off_and_qdrant_wants_its_key() throws Exception {
    Security other = new CertificateAuthority(directory).sign("dns:localhost");
    Security trusting =
        new Security(
            other.key(),
            other.certificates(),
            other.keyStore(),
            Path.of(String.valueOf(environment.get("REDIS_ROOT_CERTIFICATES"))),
            "",
            "");
    int redis = URI.create(String.valueOf(environment.get("REDIS_URL"))).getPort();
    try (Socket socket = Probe.connect(redis, trusting)) {
      socket.getOutputStream().write("GET key\r\n".getBytes(US_ASCII));
      assertThat(answer(socket)).startsWith("-NOAUTH");
    }
    int qdrant = URI.create(String.valueOf(environment.get("QDRANT_HTTP"))).getPort();
    assertThat(Probe.answersOk(qdrant, "/readyz", trusting)).isTrue();
    assertThat(Probe.answersOk(qdrant, "/collections", trusting)).isFalse();
  }

  private static String answer(Socket socket) {
    try {
      return new String(socket.getInputStream().readNBytes(7), US_ASCII);
    } catch (IOException hungUp) {
      return "";
    }
  }
}
