package dev.driftless.local;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The server programs of this machine, shared by all stacks. Every entry appears complete or not at
 * all, also when several processes make the same one: it is made under another name and renamed.
 */
record Cache(Path directory) {
  /** Makes an entry: a file or a directory at the given path, which does not exist yet. */
  interface Maker {
    void make(Path entry) throws IOException, InterruptedException;
  }

  /** The entry of that name, made now if there is none. */
  Path entry(String name, Maker maker) throws IOException, InterruptedException {
    Path entry = directory.resolve(name);
    return Files.exists(entry) ? entry : replace(name, maker);
  }

  /** Makes the entry anew. A file replaces an older one; of a directory, the first made stays. */
  Path replace(String name, Maker maker) throws IOException, InterruptedException {
    Path workshop = workshop();
    try {
      Path made = workshop.resolve(name);
      maker.make(made);
      return install(made, directory.resolve(name));
    } finally {
      delete(workshop);
    }
  }

  private Path workshop() {
    try {
      Files.createDirectories(directory);
      return Files.createTempDirectory(directory, ".making-");
    } catch (IOException e) {
      throw new StackException(
          "cannot write to the cache directory "
              + directory
              + " ("
              + e
              + "): make it writable, or set DRIFTLESS_CACHE to another one",
          e);
    }
  }

  private static Path install(Path made, Path entry) throws IOException {
    try {
      return Files.move(made, entry, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      if (Files.isDirectory(entry)) {
        return entry;
      }
      throw e;
    }
  }

  /** Unpacks a tar archive, with links and executable files. */
  static void unpack(InputStream tar, Path directory) throws IOException {
    Files.createDirectories(directory);
    TarArchiveInputStream entries = new TarArchiveInputStream(tar);
    for (TarArchiveEntry entry = entries.getNextEntry();
        entry != null;
        entry = entries.getNextEntry()) {
      Path target = directory.resolve(entry.getName()).normalize();
      if (!target.startsWith(directory)) {
        throw new IOException("archive entry outside of the archive: " + entry.getName());
      }
      unpackEntry(entry, entries, target);
    }
  }

  private static void unpackEntry(TarArchiveEntry entry, InputStream content, Path target)
      throws IOException {
    if (entry.isDirectory()) {
      Files.createDirectories(target);
      return;
    }
    Files.createDirectories(target.getParent());
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
      return;
    }
    try (OutputStream out = Files.newOutputStream(target)) {
      content.transferTo(out);
    }
    if ((entry.getMode() & 0100) != 0) {
      makeExecutable(target);
    }
  }

  static void makeExecutable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Removes a file or a directory with everything in it; what is not there needs no removing. */
  static void delete(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
