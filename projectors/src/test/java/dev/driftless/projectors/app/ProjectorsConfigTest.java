package dev.driftless.projectors.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class ProjectorsConfigTest {

  @Test
  void every_view_in_postgresql_is_where_the_environment_says() {
    Map<String, String> environment =
        Map.of("PGHOST", "db.example", "PGPORT", "6543", "PGDATABASE", "memory", "PGUSER", "mia");
    ProjectorsConfig config = ProjectorsConfig.load(null, environment::get);

    String url = "jdbc:postgresql://db.example:6543/memory";
    assertThat(config.relational().url()).isEqualTo(url);
    assertThat(config.context().url()).isEqualTo(url);
    assertThat(config.audit().url()).isEqualTo(url);
    assertThat(config.audit().user()).isEqualTo("mia");
  }

  @Test
  void views_in_postgresql_can_live_in_databases_of_their_own() {
    Map<String, String> environment =
        Map.of("AUDIT_URL", "jdbc:postgresql://vault/audit", "AUDIT_USER", "auditor");
    ProjectorsConfig config = ProjectorsConfig.load(null, environment::get);

    assertThat(config.audit().url()).isEqualTo("jdbc:postgresql://vault/audit");
    assertThat(config.audit().user()).isEqualTo("auditor");
    assertThat(config.context().url()).isEqualTo("jdbc:postgresql://localhost:5432/driftless");
    assertThat(config.context().user()).isEqualTo("postgres");
  }
}
