package dev.driftless.projectors.context;

import dev.driftless.projectors.Generations;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.postgres.ViewRolesContract;
import dev.driftless.schemas.Names;
import java.util.List;

final class ContextRolesIT extends ViewRolesContract {

  @Override
  protected PostgresFixture fixture() {
    return new ContextFixture();
  }

  @Override
  protected Generations generations(PostgresConfig config, Names names) {
    return ContextProjector.generations(config, names);
  }

  @Override
  protected Inspector inspector(PostgresConfig config, Names names) {
    return ContextInspector.open(config, names, 1);
  }

  @Override
  protected List<String> lookups() {
    return List.of("SELECT context_document(?, 'mia')");
  }
}
