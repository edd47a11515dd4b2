package dev.driftless.bench.chaos;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A small disk of its own at a directory: memory that is mounted there, so that it can be filled
 * without filling anything else. Needs the right to mount.
 */
final class Disk implements AutoCloseable {

  private static final String SIZE = "size=256m";

  private final Path directory;
  private final boolean mounted;

  Disk(Path directory, boolean mounted) {
    this.directory = directory;
    this.mounted = mounted;
  }

  /** Mounts it, if this process may. */
  static Disk at(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Disk(
        directory,
        runs(List.of("mount", "-t", "tmpfs", "-o", SIZE, "tmpfs", directory.toString())));
  }

  boolean isMounted() {
    return mounted;
  }

  /**
   * From now on nothing more can be written to it.
   *
   * @throws IllegalStateException if it could not be mounted: what would be filled is another's
   */
  void fill() {
    if (!mounted) {
      throw new IllegalStateException(
          directory + " is no disk of its own: filling it needs the right to mount one");
    }
    byte[] block = new byte[1 << 16];
    try (OutputStream out = Files.newOutputStream(filler())) {
      while (true) {
        out.write(block);
      }
    } catch (IOException full) {
      fillTheRest();
    }
  }

  void free() {
    try {
      Files.deleteIfExists(filler());
      Files.deleteIfExists(rest());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Nothing may use it any more. */
  @Override
  public void close() {
    if (mounted && !runs(List.of("umount", directory.toString()))) {
      throw new IllegalStateException("cannot unmount " + directory + ": do it by hand");
    }
  }

  private void fillTheRest() {
    try (OutputStream out = Files.newOutputStream(rest())) {
      while (true) {
        out.write(0);
      }
    } catch (IOException full) {
      // as it should be
    }
  }

  private Path filler() {
    return directory.resolve("filler");
  }

  private Path rest() {
    return directory.resolve("filler.rest");
  }

  private static boolean runs(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
