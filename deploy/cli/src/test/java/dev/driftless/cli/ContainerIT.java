package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.driftless.projectors.app.Views;
import java.io.IOException;
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
 * The image's script and the jars of the command line, which are the image's and more, with no more
 * rights than a container of the image has: as its user, where of all files only those of its home
 * and {@code /tmp} can be written. Takes root's right to mount.
 */
@Tag("long")
final class ContainerIT {

  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin");
  private static final Path MODULE = Path.of("").toAbsolutePath();

  private static final String EVENT =
      """
      {"eventId":"e1","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"m1","kind":"SEMANTIC","text":"prefers an aisle seat"}}
      """;

  /**
   * What the Dockerfile does, in place of files that this process, and no other, no longer sees.
   */
  private static final String CONTAINED =
      """
      set -e
      mount -t tmpfs -o mode=755 tmpfs /opt
      mkdir -p /opt/driftless/lib
      cp "$1"/target/lib/*.jar "$1"/target/driftless-cli-*.jar /opt/driftless/lib
      cp "$1"/../docker/driftless /opt/driftless
      chmod -R a+rX /opt
      shift
      mount -t tmpfs tmpfs /tmp
      mount -t tmpfs -o mode=755 tmpfs /var/lib
      mkdir /var/lib/driftless
      chown 10001:10001 /var/lib/driftless
      mount -o remount,bind,ro /
      cd /var/lib/driftless
      exec setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs "$@"
      """;

  @TempDir private Path directory;

  @BeforeAll
  static void mayMount() throws Exception {
    boolean may;
    try {
      may = ended(contained(JAVA.resolve("java").toString(), "-version")) == 0;
    } catch (IOException e) { // no such program
      may = false;
    }
    assumeTrue(may, "needs the right to make a mount namespace, and a JDK that all users may run");
  }

  @Test
  void nothing_else_can_be_written() throws Exception {
    assertThat(ended(contained("touch", "/tmp/x", "/var/lib/driftless/x"))).isZero();
    for (String elsewhere : List.of("/var/tmp/x", "/x", "/opt/x", "/var/lib/x")) {
      assertThat(ended(contained("touch", elsewhere))).as(elsewhere).isNotZero();
    }
  }

  @Test
  void all_views_are_kept_and_checked() throws Exception {
    try (Installation installation = new Installation(directory.resolve("state"));
        DeployedProcess projectors = start(installation, "projectors");
        DeployedProcess reconciler = start(installation, "reconciler")) {
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

  private DeployedProcess start(Installation installation, String program) {
    Map<String, String> environment = new HashMap<>(installation.environment());
    environment.put("PATH", JAVA + ":/usr/bin:/bin");
    // the user of the image has a name, and so a home
    environment.put("DRIFTLESS_JAVA_OPTIONS", "-Xmx256m -Duser.home=/var/lib/driftless");
    environment.put("DRIFTLESS_STATE", "/var/lib/driftless/state");
    environment.put("DRIFTLESS_RECONCILER_PORT", "0");
    environment.put("DRIFTLESS_SHALLOW_EVERY", "PT1S");
    return DeployedProcess.start(
        List.of(contained("/opt/driftless/driftless", program)),
        environment,
        directory.resolve(program + ".log"));
  }

  private static String[] contained(String... command) {
    List<String> contained = new ArrayList<>(List.of("unshare", "--mount", "sh", "-c"));
    contained.addAll(List.of(CONTAINED, "sh", MODULE.toString()));
    contained.addAll(List.of(command));
    return contained.toArray(String[]::new);
  }

  private static int ended(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
