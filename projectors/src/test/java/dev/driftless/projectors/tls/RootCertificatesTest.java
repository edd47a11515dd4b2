package dev.driftless.projectors.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.local.CertificateAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RootCertificatesTest {

  private static final String KEY = "store.rootCertificates";

  @TempDir private Path directory;

  @Test
  void all_certificates_of_the_file_are_trusted_and_no_other() throws IOException {
    String first = Files.readString(new CertificateAuthority(directory).certificate());
    String second = Files.readString(new CertificateAuthority(directory).certificate());
    assertThat(issuers(first)).hasSize(1);
    assertThat(issuers(first + "\n" + second)).hasSize(2).containsAll(issuers(first));
  }

  @Test
  void a_file_that_cannot_be_read_is_named_with_its_key() {
    Path missing = directory.resolve("missing.pem");
    assertThatThrownBy(() -> RootCertificates.trusted(KEY, missing))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("%s: cannot read %s", KEY, missing);
  }

  @Test
  void a_file_without_certificates_is_named_with_its_key() throws IOException {
    for (String content : List.of("", "hush", "-----BEGIN CERTIFICATE-----\nAAAA")) {
      Path file = Files.writeString(directory.resolve("root.pem"), content);
      assertThatThrownBy(() -> RootCertificates.trusted(KEY, file))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("%s: expected certificates in PEM, found none in %s", KEY, file);
    }
  }

  private List<String> issuers(String pem) throws IOException {
    Path file = Files.writeString(directory.resolve("roots.pem"), pem);
    return Arrays.stream(RootCertificates.trusted(KEY, file).getTrustManagers())
        .map(X509TrustManager.class::cast)
        .flatMap(trust -> Arrays.stream(trust.getAcceptedIssuers()))
        .map(X509Certificate::getSubjectX500Principal)
        .map(Object::toString)
        .toList();
  }
}
