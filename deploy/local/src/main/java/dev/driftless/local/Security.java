package dev.driftless.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * How the servers of a {@link SecuredStack} prove who they are, and whom they let in: one user,
 * with another secret for each server. All files are PEM.
 *
 * @param key the servers' private RSA key, readable by its owner only
 * @param certificates theirs, followed by what it is signed with
 * @param keyStore both of them, readable by its owner only; what a client shows to Kafka
 * @param authority what clients have to trust
 * @param password a part of every secret
 */
public record Security(
    Path key, Path certificates, Path keyStore, Path authority, String user, String password) {

  private static final char[] UNPROTECTED = new char[0];

  /** The password of the user at this server; for Qdrant its API key. */
  public String secret(ServerKind kind) {
    return password + "-" + kind.id();
  }

  /** Qdrant's second API key; besides, that server takes tokens signed with the first. */
  public String readOnlyKey() {
    return secret(ServerKind.QDRANT) + "-read-only";
  }

  /** Without the password. */
  @Override
  public String toString() {
    return "Security[certificates=%s, user=%s]".formatted(certificates, user);
  }

  /** The line that names a user to Kafka, on either side. */
  String jaas() {
    return "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";"
        .formatted(user, secret(ServerKind.KAFKA));
  }

  /** Of a server with this certificate, or of a client that trusts the authority. */
  SSLContext context() throws IOException {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(
          "key", privateKey(), UNPROTECTED, certificates(certificates).toArray(Certificate[]::new));
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, UNPROTECTED);
      KeyStore roots = KeyStore.getInstance("PKCS12");
      roots.load(null, null);
      for (Certificate root : certificates(authority)) {
        roots.setCertificateEntry("root", root);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(roots);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private PrivateKey privateKey() throws IOException, GeneralSecurityException {
    String base64 = Files.readString(key).replaceAll("-----[A-Z ]+-----", "");
    byte[] encoded = Base64.getMimeDecoder().decode(base64);
    return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(encoded));
  }

  private static Collection<? extends Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(file)) {
      return CertificateFactory.getInstance("X.509").generateCertificates(in);
    }
  }
}
