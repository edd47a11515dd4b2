package dev.driftless.projectors.relational;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.local.Addresses;
import dev.driftless.local.FaultyProxy;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.schemas.Names;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

final class RelationalConnectionsIT {

  private static final Names NAMES = new Names("connections");

  /** With each seed the first connection breaks somewhere else, often while it is being made. */
  @Test
  void a_first_connection_that_breaks_does_not_break_those_after_it() {
    Addresses servers = TestStack.shared().with(ServerKind.POSTGRES);
    for (int seed = 0; seed < 12; seed++) {
      try (FaultyProxy proxy = FaultyProxy.before(servers.postgresHost(), servers.postgresPort());
          RelationalProjector projector = new RelationalProjector(through(proxy, servers), NAMES)) {
        proxy.fail(0.25, seed);
        for (int attempt = 0; attempt < 3; attempt++) {
          boolean unused = acquires(projector);
        }
        proxy.fail(0, seed);
        Awaitility.await("seed " + seed)
            .atMost(Duration.ofSeconds(20))
            .until(() -> acquires(projector));
      }
    }
  }

  private static boolean acquires(RelationalProjector projector) {
    try {
      return projector.acquire(0).epoch() > 0;
    } catch (RuntimeException e) {
      assertThat(projector.isTransient(e)).as("%s", e).isTrue();
      return false;
    }
  }

  private static PostgresConfig through(FaultyProxy proxy, Addresses servers) {
    return new PostgresConfig(
        "jdbc:postgresql://127.0.0.1:%d/%s".formatted(proxy.port(), servers.postgresDatabase()),
        servers.postgresUser(),
        servers.postgresPassword(),
        2,
        Duration.ofSeconds(2),
        Duration.ofSeconds(5));
  }
}
