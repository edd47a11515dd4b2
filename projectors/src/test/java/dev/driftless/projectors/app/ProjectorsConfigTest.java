package dev.driftless.projectors.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class ProjectorsConfigTest {

  @Test
  void views_in_postgres_are_where_the_environment_says_unless_they_have_their_own_address() {
    Map<String, String> environment =
        Map.of("PGHOST", "db.example", "PGPORT", "5433", "AUDIT_URL", "jdbc:postgresql://vault/a");

    ProjectorsConfig config = ProjectorsConfig.load(null, environment::get);

    assertThat(config.relational().url()).isEqualTo("jdbc:postgresql://db.example:5433/driftless");
    assertThat(config.context().url()).isEqualTo("jdbc:postgresql://db.example:5433/driftless");
    assertThat(config.audit().url()).isEqualTo("jdbc:postgresql://vault/a");
  }

  @Test
  void a_password_is_taken_as_it_is() {
    Map<String, String> environment = Map.of("PGPASSWORD", "a${b:c}d", "CONTEXT_PASSWORD", "${x}");

    ProjectorsConfig config = ProjectorsConfig.load(null, environment::get);

    assertThat(config.relational().password()).isEqualTo("a${b:c}d");
    assertThat(config.audit().password()).isEqualTo("a${b:c}d");
    assertThat(config.context().password()).isEqualTo("${x}");
  }
}
