package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nobody's own disk is filled. */
final class DiskTest {

  @Test
  void what_could_not_be_mounted_is_not_filled(@TempDir Path directory) {
    try (Disk disk = new Disk(directory, false)) {
      assertThatThrownBy(disk::fill).hasMessageContaining("is no disk of its own");
    }
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void a_schedule_with_a_fault_that_cannot_be_done_here_is_refused() {
    Schedule schedule =
        Schedule.parse("seed 1, 9 events\nafter 5 events: disk-full redis for 1 ms");
    Set<FaultKind> here = EnumSet.complementOf(EnumSet.of(FaultKind.DISK_FULL));

    assertThatThrownBy(() -> Chaos.refuseOthers(schedule, here))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'after 5 events: disk-full redis for 1 ms' cannot be done here");
    Chaos.refuseOthers(schedule.only(here), here);
  }
}
