package dev.driftless.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.Divergence.Failure;
import dev.driftless.reconciler.Divergence.Kind;
import java.nio.file.Files;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever is done to a store behind its projector's back is found by the next deep check, named
 * rightly, mended through the projector, and gone at the check after that.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TamperingIT {

  private final KeptViews views = new KeptViews();
  private final Stores stores = new Stores(views);
  private Reconciler reconciler;

  @BeforeAll
  void fill() {
    views.start();
    reconciler = views.reconciler("tampering");
    views.publish(Events.everything("mia"));
    views.publish(Events.everything("ada"));
    views.publish(Events.stream(new Random(7), 12, 600));
    views.awaitCaughtUp();
    Report clean = reconciler.check(views(), true);
    assertThat(clean.views()).allSatisfy(view -> assertThat(view.divergences()).isEmpty());
    assertThat(clean.exitCode()).isZero();
  }

  @AfterAll
  void close() {
    reconciler.close();
    stores.close();
    views.close();
  }

  @ParameterizedTest
  @MethodSource("tamperings")
  void is_found_named_mended_and_gone(Tampering tampering) throws Exception {
    tampering.act().accept(stores);
    Report found = check(tampering.view());
    ViewReport view = found.views().get(0);
    assertThat(found.exitCode()).isEqualTo(1);
    assertThat(view.divergences())
        .anySatisfy(
            divergence -> {
              assertThat(divergence.key()).contains(tampering.key());
              assertThat(divergence.kind()).isEqualTo(tampering.kind());
            })
        .hasSizeLessThanOrEqualTo(3) // a session's message and its key
        .allSatisfy(
            divergence -> {
              assertThat(divergence.failure()).isEqualTo(failure(tampering.view()));
              assertThat(divergence.key())
                  .containsAnyOf("acme/mia", "acme/nobody", "evil/twin", "record ", "stray ");
            });
    RepairReport repaired = reconciler.repair(found, views.limits(5)).get(0);
    assertThat(repaired.refused()).isNull();
    assertThat(repaired.left()).isEmpty();
    if (tampering.kind() == Kind.PHANTOM) {
      assertThat(Files.readAllLines(repaired.export())).isNotEmpty();
    }
    Report after = check(tampering.view());
    assertThat(after.views().get(0).divergences()).isEmpty();
    assertThat(after.exitCode()).isZero();
  }

  @Test
  void an_untouched_view_is_clean() {
    assertThat(reconciler.check(views(), true).exitCode()).isZero();
  }

  private Report check(String view) {
    return reconciler.check(List.of(view), true);
  }

  private static List<String> views() {
    return Views.names();
  }

  private static Failure failure(String view) {
    return switch (view) {
      case "vector" -> Failure.SEMANTIC_DRIFT;
      case "relational" -> Failure.LOG_REALITY_DIVERGENCE;
      case "audit" -> Failure.AUDIT_GAP;
      default -> Failure.CONTEXT_DESYNC;
    };
  }

  private static Stream<Tampering> tamperings() {
    return Stream.concat(Tampering.inPostgres().stream(), StoreTamperings.all().stream());
  }
}
