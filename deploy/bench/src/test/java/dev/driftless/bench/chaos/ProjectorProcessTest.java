package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProjectorProcessTest {

  @Test
  void a_process_that_does_not_run_cannot_be_made_a_zombie(@TempDir Path directory) {
    ProjectorProcess ended =
        new ProjectorProcess(
            "", List.of(), directory, Map.of(), directory, directory.resolve("projectors-1.log"));

    assertThatThrownBy(ended::suspend).hasMessage("projectors-1.log: there is no process to stop");
    assertThatCode(ended::resume).doesNotThrowAnyException();
  }
}
