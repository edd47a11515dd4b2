package dev.driftless.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** Alone, since it looks at all processes that this JVM has started. */
@Isolated
final class SecuredStackFailureIT {

  @TempDir private Path directory;

  @Test
  void servers_are_gone_where_the_gate_before_the_registry_cannot_be_made() {
    Set<ProcessHandle> before = children();
    Path absent = directory.resolve("absent");
    Security unusable = new Security(absent, absent, absent, absent, "user", "password");
    assertThatThrownBy(() -> new SecuredStack(unusable, ServerKind.REGISTRY))
        .hasMessageContaining("absent");
    assertThat(before).containsAll(children());
  }

  private static Set<ProcessHandle> children() {
    return ProcessHandle.current().children().collect(Collectors.toSet());
  }
}
