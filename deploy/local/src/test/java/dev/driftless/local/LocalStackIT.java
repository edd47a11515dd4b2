package dev.driftless.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LocalStackIT {
  private static final Set<ServerKind> ALL = EnumSet.allOf(ServerKind.class);

  @Test
  void all_five_servers_start_and_a_second_start_changes_nothing(@TempDir Path home)
      throws Exception {
    LocalStack stack = new LocalStack(home, Host.here(), false);
    try {
      Lines lines = new Lines();
      Addresses first = stack.start(ALL, lines);
      System.out.println(first);
      System.out.println(stack.status());
      assertThat(stack.status()).allMatch(s -> s.state() == ServerStatus.State.RUNNING);
      stack.start(ALL, lines);
      for (ServerKind k : ALL) {
        stack.kill(k);
        System.out.println(stack.status());
        stack.start(ALL, lines);
      }
      Thread.sleep(Integer.getInteger("idle", 0) * 1000L);
    } finally {
      stack.stop(new Lines());
    }
  }
}
