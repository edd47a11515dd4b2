package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.driftless.projectors.app.ProjectorsMain;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.service.ReconcilerMain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The processes need no more than the image lets them have: of the root file system they write to
 * their home and to the directory for temporary files. Takes root's right to mount.
 */
@Tag("long")
final class ReadOnlyRootIT {

  private static final String EVENT =
      """
      {"eventId":"e1","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"m1","kind":"SEMANTIC","text":"prefers an aisle seat"}}
      """;

  /** {@code $1} and {@code $2} become writable, and the rest of the root file system is not. */
  private static final String CONTAINED =
      """
      set -e
      home=$1 temporary=$2 elsewhere=$3
      shift 3
      mount -t tmpfs tmpfs "$home"
      mount -t tmpfs tmpfs "$temporary"
      mount -o remount,bind,ro "$(df --output=target "$elsewhere" | tail -1)"
      mount -o remount,bind,ro /
      if touch "$elsewhere/x"; then echo "can be written: $elsewhere"; exit 1; fi
      cd "$home"
      exec "$@"
      """;

  private static final String MOUNTS = "mount -t tmpfs tmpfs /mnt && mount -o remount,bind,ro /";

  @TempDir private Path directory;

  @BeforeAll
  static void mayMount() throws Exception {
    boolean may;
    try {
      may = new ProcessBuilder("unshare", "--mount", "sh", "-c", MOUNTS).start().waitFor() == 0;
    } catch (IOException e) { // no such program
      may = false;
    }
    assumeTrue(may, "needs the right to make a mount namespace");
  }

  @Test
  void all_views_are_kept_and_checked_where_only_home_and_temporary_files_can_be_written()
      throws Exception {
    try (Installation installation = new Installation(directory.resolve("state"));
        DeployedProcess projectors = start(installation, ProjectorsMain.class);
        DeployedProcess reconciler = start(installation, ReconcilerMain.class)) {
      projectors.awaitReady();
      installation.publish(EVENT);
      installation.awaitCaughtUp(Views.names());
      Run found = installation.run("search", "aisle seat", "--tenant", "acme");
      assertThat(found.out()).as(found.err()).contains("prefers an aisle seat");
      reconciler.awaitReady();
      projectors.term();
      reconciler.term();
    }
  }

  private DeployedProcess start(Installation installation, Class<?> main) throws IOException {
    String name = main.getSimpleName();
    Path home = Files.createDirectory(directory.resolve(name + "-home"));
    Path temporary = Files.createDirectory(directory.resolve(name + "-tmp"));
    List<String> command = new ArrayList<>(List.of("unshare", "--mount", "sh", "-c", CONTAINED));
    command.addAll(List.of("sh", home.toString(), temporary.toString(), directory.toString()));
    command.addAll(
        DeployedProcess.java(main, "-Duser.home=" + home, "-Djava.io.tmpdir=" + temporary));
    Map<String, String> environment = new HashMap<>(installation.environment());
    environment.put("DRIFTLESS_STATE", home.resolve("state").toString());
    environment.put("DRIFTLESS_RECONCILER_PORT", "0");
    environment.put("DRIFTLESS_SHALLOW_EVERY", "PT1S");
    return DeployedProcess.start(command, environment, directory.resolve(name + ".log"));
  }
}
