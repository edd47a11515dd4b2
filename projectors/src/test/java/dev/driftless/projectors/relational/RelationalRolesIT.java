package dev.driftless.projectors.relational;

import dev.driftless.projectors.Generations;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.postgres.ViewRolesContract;
import dev.driftless.schemas.Names;
import java.util.List;

final class RelationalRolesIT extends ViewRolesContract {

  @Override
  protected PostgresFixture fixture() {
    return new RelationalFixture();
  }

  @Override
  protected Generations generations(PostgresConfig config, Names names) {
    return RelationalProjector.generations(config, names);
  }

  @Override
  protected Inspector inspector(PostgresConfig config, Names names) {
    return RelationalInspector.open(config, names, 1);
  }

  @Override
  protected List<String> lookups() {
    return List.of(
        "SELECT text FROM memories_as_of(?, 'mia', now())",
        "SELECT text FROM memories_as_of(?, 'mia', 0, 1000)",
        "SELECT session FROM sessions_as_of(?, 'mia', now())",
        "SELECT session FROM sessions_as_of(?, 'mia', 0, 1000)",
        "SELECT content FROM messages_as_of(?, 'mia', now())",
        "SELECT content FROM messages_as_of(?, 'mia', 0, 1000)",
        "SELECT tool FROM tool_calls_as_of(?, 'mia', now())",
        "SELECT tool FROM tool_calls_as_of(?, 'mia', 0, 1000)",
        "SELECT log_time_of(?, 'mia', 0, 1000)");
  }
}
