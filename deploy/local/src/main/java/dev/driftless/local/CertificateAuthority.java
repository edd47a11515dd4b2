package dev.driftless.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/** Signs certificates for tests, made by this JDK's {@code keytool}; they hold for a few days. */
public final class CertificateAuthority {

  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final String ROOT = "root";

  /** Of a file that is deleted with the test; keytool insists on one. */
  private static final String STORE_PASSWORD = "changeit";

  private final Path directory;
  private final Path store;
  private final Path certificate;

  /**
   * Makes a key and its certificate, which nobody but whoever is told so trusts.
   *
   * @param parent of a new directory for its files
   */
  public CertificateAuthority(Path parent) throws IOException {
    this.directory = Files.createTempDirectory(parent, "authority-");
    this.store = directory.resolve("store.p12");
    generate(ROOT, "Test authority " + directory.getFileName(), "-ext", "bc:c=ca:true");
    this.certificate = write("root.pem", pem(chain(ROOT)));
  }

  /** PEM, for clients to trust. */
  public Path certificate() {
    return certificate;
  }

  /**
   * Servers under these names, with a new user's password.
   *
   * @param names as keytool takes them: {@code dns:localhost}, {@code ip:127.0.0.1}
   */
  public Security sign(String... names) throws IOException {
    String alias = "server-" + UUID.randomUUID();
    generate(alias, "Test server", "-signer", ROOT, "-ext", "san=" + String.join(",", names));
    String key = pem("PRIVATE KEY", key(alias));
    String certificates = pem(chain(alias));
    return new Security(
        write(alias + ".key", key),
        write(alias + ".pem", certificates),
        write(alias + ".store", key + certificates),
        certificate,
        "driftless",
        "hush" + UUID.randomUUID().toString().replace("-", ""));
  }

  private void generate(String alias, String commonName, String... more) throws IOException {
    Host host = Host.here();
    List<String> command =
        new ArrayList<>(
            List.of(
                host.javaHome().resolve("bin/keytool").toString(),
                "-genkeypair",
                "-alias",
                alias,
                "-dname",
                "CN=" + commonName,
                "-keyalg",
                "RSA",
                "-validity",
                "3",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                STORE_PASSWORD));
    command.addAll(Arrays.asList(more));
    try {
      Host.Output output = host.run(command, directory, PATIENCE);
      if (output.exitCode() != 0) {
        throw new StackException("keytool: " + LogTail.mostTelling(output.text()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StackException("interrupted while making a certificate", e);
    }
  }

  private byte[] key(String alias) throws IOException {
    try {
      return load().getKey(alias, STORE_PASSWORD.toCharArray()).getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private Certificate[] chain(String alias) throws IOException {
    try {
      return load().getCertificateChain(alias);
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private KeyStore load() throws IOException, GeneralSecurityException {
    KeyStore loaded = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      loaded.load(in, STORE_PASSWORD.toCharArray());
    }
    return loaded;
  }

  private Path write(String name, String pem) throws IOException {
    Path file = directory.resolve(name);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(file, pem);
  }

  private static String pem(Certificate[] chain) throws IOException {
    List<String> blocks = new ArrayList<>();
    for (Certificate link : chain) {
      try {
        blocks.add(pem("CERTIFICATE", link.getEncoded()));
      } catch (GeneralSecurityException e) {
        throw new IOException(e);
      }
    }
    return blocks.stream().collect(Collectors.joining());
  }

  private static String pem(String what, byte[] content) {
    String base64 =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(content);
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(what, base64, what);
  }
}
