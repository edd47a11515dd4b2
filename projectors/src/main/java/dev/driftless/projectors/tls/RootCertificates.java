package dev.driftless.projectors.tls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** The certificate authorities that a client trusts instead of the JVM's own. */
public final class RootCertificates {

  private RootCertificates() {}

  /**
   * Trusts what one of these certificates, or what it has signed, has signed, and nothing else.
   *
   * @param key of the setting that names the file, for messages
   * @param file certificates in PEM
   * @throws IllegalArgumentException if it cannot be read or holds none; names key and file
   */
  public static TrustManagerFactory trusted(String key, Path file) {
    try {
      KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
      roots.load(null, null);
      int number = 0;
      for (Certificate root : read(key, file)) {
        roots.setCertificateEntry("root-" + number++, root);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(roots);
      return trust;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Collection<? extends Certificate> read(String key, Path file)
      throws CertificateException {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    try (InputStream in = Files.newInputStream(file)) {
      Collection<? extends Certificate> roots = factory.generateCertificates(in);
      if (!roots.isEmpty()) {
        return roots;
      }
      throw wrong(key, file, null);
    } catch (IOException e) {
      throw new IllegalArgumentException("%s: cannot read %s".formatted(key, file), e);
    } catch (CertificateException e) {
      throw wrong(key, file, e);
    }
  }

  private static IllegalArgumentException wrong(
      String key, Path file, @Nullable CertificateException e) {
    return new IllegalArgumentException(
        "%s: expected certificates in PEM, found none in %s".formatted(key, file), e);
  }
}
