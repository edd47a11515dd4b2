package dev.driftless.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class QdrantProgramTest {
  @TempDir Path temporary;

  private final Lines lines = new Lines();
  private final Map<String, String> environment = new HashMap<>();

  private Path find() throws Exception {
    environment.putIfAbsent("PATH", bin().toString());
    environment.put("DRIFTLESS_CACHE", cache().toString());
    return QdrantProgram.find(new Host(environment, Path.of("/")), lines);
  }

  private Path bin() throws IOException {
    return Files.createDirectories(temporary.resolve("bin"));
  }

  private Path cache() {
    return temporary.resolve("cache");
  }

  private Path program(String name, String script) throws IOException {
    Path program = Files.writeString(bin().resolve(name), "#!/bin/sh\n" + script);
    Cache.makeExecutable(program);
    return program;
  }

  /** An npm whose package has something else in place of the program. */
  private void npmWithAnotherProgram() throws IOException {
    program(
        "npm",
        """
        export PATH=/usr/local/bin:/usr/bin:/bin
        mkdir -p package/bin && echo other >package/bin/qdrant
        for option; do case $option in --pack-destination=*) to=${option#*=} ;; esac; done
        tar -czf "$to/package.tgz" package
        """);
  }

  @Test
  void the_program_named_by_the_variable_is_used() throws Exception {
    Path mine = program("my-qdrant", "");
    environment.put(QdrantProgram.VARIABLE, mine.toString());

    assertThat(find()).isEqualTo(mine);
  }

  @Test
  void a_variable_that_names_no_program_is_reported() {
    environment.put(QdrantProgram.VARIABLE, temporary.toString());

    assertThatThrownBy(this::find)
        .isInstanceOf(StackException.class)
        .hasMessageContaining(QdrantProgram.VARIABLE + " is " + temporary);
  }

  @Test
  void without_npm_a_qdrant_on_the_path_is_used() throws Exception {
    Path installed = program("qdrant", "");

    assertThat(find()).isEqualTo(installed);
  }

  @Test
  void without_npm_and_qdrant_the_remedies_are_named() {
    assumeTrue(Host.platform().equals("linux-amd64"));

    assertThatThrownBy(this::find)
        .isInstanceOf(StackException.class)
        .hasMessageContaining("no npm on the PATH")
        .hasMessageContaining(QdrantProgram.VARIABLE);
  }

  @Test
  void a_fetched_program_with_a_wrong_checksum_is_refused() throws Exception {
    assumeTrue(Host.platform().equals("linux-amd64"));
    npmWithAnotherProgram();

    assertThatThrownBy(this::find)
        .isInstanceOf(StackException.class)
        .hasMessageContaining("wrong SHA-256")
        .hasMessageContaining("8019db3c315d27fe663d639a6cdc6f60dff2ae903312daea492b159b553ad66f");
    assertThat(cache()).isEmptyDirectory();
    assertThat(lines.said()).singleElement().asString().contains("fetching").contains("with npm");
  }

  @Test
  void a_damaged_cached_program_is_not_used_but_fetched_again() throws Exception {
    assumeTrue(Host.platform().equals("linux-amd64"));
    npmWithAnotherProgram();
    Files.writeString(Files.createDirectories(cache()).resolve(QdrantProgram.ENTRY), "cut off");

    assertThatThrownBy(this::find).hasMessageContaining("wrong SHA-256");

    assertThat(lines.said())
        .hasSize(2)
        .first()
        .asString()
        .contains("is damaged, fetching it again");
  }

  @Test
  void what_npm_says_is_given_as_the_reason() throws Exception {
    assumeTrue(Host.platform().equals("linux-amd64"));
    program("npm", "echo 'npm error code E404' && echo 'npm error 404 Not Found' && exit 1");

    assertThatThrownBy(this::find)
        .isInstanceOf(StackException.class)
        .hasMessageContaining("npm could not fetch")
        .hasMessageContaining("E404");
  }
}
