package dev.driftless.projectors.postgres;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * Where a view in PostgreSQL lives.
 *
 * @param url JDBC URL; may carry any parameter of the driver, such as {@code sslmode}
 * @param user role that owns the view's schema
 * @param password its password; empty where the server asks for none
 * @param poolSize connections at most: one for each stream thread, and one or more for reads beside
 *     them; 0 to have {@link #forThreads} say
 * @param connectTimeout how long to wait for a connection, 250 ms at least
 * @param socketTimeout how long to wait for an answer, at least 1 s
 */
public record PostgresConfig(
    String url,
    String user,
    String password,
    int poolSize,
    Duration connectTimeout,
    Duration socketTimeout) {

  /** Answers -1 for more than two mistakes. */
  private static final LevenshteinDistance DISTANCE = new LevenshteinDistance(2);

  /** A shorter name is too easily near another one. */
  private static final int SHORTEST_TO_BE_MISSPELT = 6;

  private static final Set<String> SSL_MODES =
      Set.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");

  public PostgresConfig {
    check(
        url.startsWith("jdbc:postgresql:"),
        "url: expected to begin with jdbc:postgresql:, as in jdbc:postgresql://host:port/database");
    refuseMisspeltParameters(url);
    check(!user.isBlank(), "user: missing");
    check(poolSize >= 0, "poolSize: expected at least 0, found " + poolSize);
    check(
        connectTimeout.toMillis() >= 250,
        "connectTimeout: expected at least PT0.25S, found " + connectTimeout);
    check(
        socketTimeout.toSeconds() >= 1,
        "socketTimeout: expected at least PT1S, found " + socketTimeout);
  }

  /**
   * From a file of settings, in which the URL's parameters for encryption have keys of their own.
   *
   * @param sslMode how the driver encrypts; null to leave it to the URL, which goes first
   * @param rootCertificates PEM file of whom to trust, {@code sslrootcert} of the driver; null to
   *     leave it to the URL, which goes first
   */
  @JsonCreator
  static PostgresConfig of(
      @JsonProperty("url") String url,
      @JsonProperty("sslMode") @Nullable String sslMode,
      @JsonProperty("rootCertificates") @Nullable String rootCertificates,
      @JsonProperty("user") String user,
      @JsonProperty("password") String password,
      @JsonProperty("poolSize") int poolSize,
      @JsonProperty("connectTimeout") Duration connectTimeout,
      @JsonProperty("socketTimeout") Duration socketTimeout) {
    check(
        sslMode == null || SSL_MODES.contains(sslMode),
        "sslMode: expected disable, allow, prefer, require, verify-ca or verify-full, found "
            + sslMode);
    String encrypted = with(with(url, "sslmode", sslMode), "sslrootcert", rootCertificates);
    check(
        rootCertificates == null || encrypted.matches(".*[?&]sslmode=.*"),
        "rootCertificates are not looked at by themselves: set sslMode to verify-full");
    return new PostgresConfig(encrypted, user, password, poolSize, connectTimeout, socketTimeout);
  }

  /** With enough connections for so many threads, where no number was given. */
  public PostgresConfig forThreads(int threads) {
    return poolSize > 0
        ? this
        : new PostgresConfig(url, user, password, threads + 2, connectTimeout, socketTimeout);
  }

  /** For what reads whole tables, or makes and drops them: an answer may take 20 times as long. */
  public PostgresConfig forScans() {
    return new PostgresConfig(
        url, user, password, poolSize, connectTimeout, socketTimeout.multipliedBy(20));
  }

  /**
   * The driver takes no notice of one that it does not know: with a misspelt {@code sslmode} it
   * would talk in the clear. Others may be for a plug-in of the driver.
   */
  private static void refuseMisspeltParameters(String url) {
    int begin = url.indexOf('?');
    for (String parameter : begin < 0 ? new String[0] : url.substring(begin + 1).split("&", -1)) {
      String name = parameter.split("=", 2)[0];
      if (PGProperty.forName(name) == null) {
        for (PGProperty known : PGProperty.values()) {
          check(
              !isNearly(name, known.getName()),
              "url: unknown parameter %s: rename it to %s".formatted(name, known.getName()));
        }
      }
    }
  }

  private static boolean isNearly(String name, String known) {
    return name.length() >= SHORTEST_TO_BE_MISSPELT && DISTANCE.apply(name, known) >= 0;
  }

  private static String with(String url, String parameter, @Nullable String value) {
    if (value == null
        || url.contains("?" + parameter + "=")
        || url.contains("&" + parameter + "=")) {
      return url;
    }
    return "%s%s%s=%s"
        .formatted(
            url,
            url.contains("?") ? "&" : "?",
            parameter,
            URLEncoder.encode(value, StandardCharsets.UTF_8));
  }

  private static void check(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  /** Without the password, which may be a parameter of the URL. */
  @Override
  public String toString() {
    return "PostgresConfig[url=%s, user=%s]".formatted(url.replaceFirst("\\?.*", ""), user);
  }
}
