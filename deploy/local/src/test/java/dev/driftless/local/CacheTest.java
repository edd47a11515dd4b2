package dev.driftless.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CacheTest {
  @TempDir Path directory;
  private Cache cache = new Cache(Path.of("."));

  @BeforeEach
  void open() {
    cache = new Cache(directory);
  }

  @Test
  void an_entry_is_made_once() throws Exception {
    cache.entry("e", file -> Files.writeString(file, "first"));

    assertThat(cache.entry("e", file -> Files.writeString(file, "second"))).hasContent("first");
  }

  @Test
  void an_entry_whose_making_fails_does_not_exist() {
    assertThatThrownBy(
            () ->
                cache.entry(
                    "e",
                    entry -> {
                      Files.writeString(Files.createDirectory(entry).resolve("half"), "half");
                      throw new IOException("broken off");
                    }))
        .hasMessage("broken off");

    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void of_two_who_make_a_directory_at_once_the_first_wins_and_both_can_use_it() throws Exception {
    Path entry =
        cache.entry(
            "e",
            slow -> {
              Files.writeString(Files.createDirectory(slow).resolve("from"), "slow");
              cache.entry(
                  "e",
                  fast -> Files.writeString(Files.createDirectory(fast).resolve("from"), "fast"));
            });

    assertThat(entry.resolve("from")).hasContent("fast");
    assertThat(directory).isDirectoryNotContaining("glob:**/.making*");
  }

  @Test
  void a_cache_that_cannot_be_written_is_reported_with_the_variable_to_set() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");

    assertThatThrownBy(() -> new Cache(file.resolve("cache")).entry("e", Files::createFile))
        .isInstanceOf(StackException.class)
        .hasMessageContaining(file.resolve("cache").toString())
        .hasMessageContaining("DRIFTLESS_CACHE");
  }

  @Test
  void unpacking_keeps_links_and_executable_files() throws Exception {
    Cache.unpack(tar("bin/tool", "library"), directory.resolve("out"));

    assertThat(directory.resolve("out/bin/tool")).isExecutable().hasContent("content");
    assertThat(directory.resolve("out/bin/tool.link")).isSymbolicLink().hasContent("content");
    assertThat(Files.isExecutable(directory.resolve("out/library"))).isFalse();
  }

  @Test
  void an_archive_cannot_write_outside_of_its_directory() throws Exception {
    assertThatThrownBy(() -> Cache.unpack(tar("../tool", "library"), directory.resolve("out")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("../tool");

    assertThat(directory.resolve("tool")).doesNotExist();
  }

  private static ByteArrayInputStream tar(String executable, String plain) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      put(tar, executable, 0755);
      put(tar, plain, 0644);
      TarArchiveEntry link = new TarArchiveEntry(executable + ".link", TarConstants.LF_SYMLINK);
      link.setLinkName(Path.of(executable).getFileName().toString());
      tar.putArchiveEntry(link);
      tar.closeArchiveEntry();
    }
    return new ByteArrayInputStream(bytes.toByteArray());
  }

  private static void put(TarArchiveOutputStream tar, String name, int mode) throws IOException {
    byte[] content = "content".getBytes(StandardCharsets.UTF_8);
    TarArchiveEntry entry = new TarArchiveEntry(name, true);
    entry.setMode(mode);
    entry.setSize(content.length);
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }
}
