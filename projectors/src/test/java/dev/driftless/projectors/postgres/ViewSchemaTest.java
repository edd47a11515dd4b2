package dev.driftless.projectors.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.projectors.audit.AuditProjector;
import dev.driftless.projectors.context.ContextProjector;
import dev.driftless.projectors.relational.RelationalProjector;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class ViewSchemaTest {

  static Stream<ViewSchema> schemas() {
    return Stream.of(
        new ViewSchema("relational", "relational", RelationalProjector.class, "relational.sql"),
        new ViewSchema("context", "context", ContextProjector.class, "context.sql"),
        new ViewSchema("audit", "audit", AuditProjector.class, "audit.sql"));
  }

  /**
   * Two releases share a schema while one is rolled out, and the number says which is the newer:
   * who comes here for another hash has raised it.
   */
  @Test
  void layouts_are_those_that_have_these_numbers() {
    assertThat(schemas().map(ViewSchema::layout))
        .containsExactly(
            "Driftless view relational, layout 1 (9495d5c31c3545f2)",
            "Driftless view context, layout 2 (f9a37cdaac2daa67)",
            "Driftless view audit, layout 1 (3738b922cb26a56c)");
  }
}
