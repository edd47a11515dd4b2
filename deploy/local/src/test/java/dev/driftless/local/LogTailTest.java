package dev.driftless.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LogTailTest {
  @TempDir Path temporary;

  @Test
  void the_cause_of_a_java_stack_trace_is_what_tells() {
    assertThat(
            LogTail.mostTelling(
                """
                INFO starting
                java.lang.RuntimeException: no start
                	at a.B.c(B.java:1)
                Caused by: java.net.BindException: Address already in use
                	at a.B.c(B.java:2)
                	... 3 more
                INFO bye
                """))
        .isEqualTo("Caused by: java.net.BindException: Address already in use");
  }

  @Test
  void without_a_failure_the_last_line_is_what_tells() {
    assertThat(LogTail.mostTelling("one\ntwo\n\n")).isEqualTo("two");
    assertThat(LogTail.mostTelling("\n")).isEqualTo("it said nothing");
  }

  @Test
  void earlier_starts_are_not_looked_at() throws Exception {
    Path log = Files.writeString(temporary.resolve("server.log"), "ERROR of yesterday\n");
    long beginning = LogTail.beginning(log);
    Files.writeString(log, "ERROR of yesterday\nall quiet\n");

    assertThat(LogTail.mostTelling(log, beginning)).isEqualTo("all quiet");
  }

  @Test
  void a_log_grown_large_is_put_aside() throws Exception {
    Path log = temporary.resolve("server.log");
    Files.write(log, new byte[(10 << 20) + 1]);

    assertThat(LogTail.beginning(log)).isZero();

    assertThat(log).doesNotExist();
    assertThat(temporary.resolve("server.log.old")).exists();
  }
}
