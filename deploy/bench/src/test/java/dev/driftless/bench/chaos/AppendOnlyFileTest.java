package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AppendOnlyFileTest {

  private static final String TRANSACTION = "*1\r\n$5\r\nMULTI\r\nSET\r\n*1\r\n$4\r\nEXEC\r\n";

  @TempDir private Path directory = Path.of("");

  @Test
  void the_end_is_cut_off_behind_a_whole_transaction() throws IOException {
    Path file = write(TRANSACTION.repeat(10) + "half");

    new AppendOnlyFile(file, 2 * TRANSACTION.length()).cutTail();

    assertThat(file).hasContent(TRANSACTION.repeat(6));
  }

  @Test
  void of_a_file_that_was_written_anew_nothing_is_from_before() throws IOException {
    Path file = write(TRANSACTION.repeat(4));

    new AppendOnlyFile(file, 1_000_000).cutTail();

    assertThat(file).hasContent(TRANSACTION.repeat(2));
  }

  @Test
  void what_was_there_before_is_not_cut_off() throws IOException {
    Path file = write(TRANSACTION.repeat(3));

    assertThatThrownBy(() -> AppendOnlyFile.now(file).cutTail())
        .hasMessageContaining("no transaction can be cut off");
    assertThat(file).hasContent(TRANSACTION.repeat(3));
  }

  private Path write(String content) throws IOException {
    return Files.writeString(directory.resolve("appendonly.aof"), content);
  }
}
