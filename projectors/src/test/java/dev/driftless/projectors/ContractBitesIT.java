package dev.driftless.projectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.driftless.events.MemoryEvent;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.EventStatistics;

final class ContractBitesIT {

  @Test
  void a_projector_that_does_nothing_fails_every_test_of_the_contract() {
    var tests =
        EngineTestKit.engine("junit-jupiter")
            .selectors(selectClass(NothingContract.class))
            .execute()
            .testEvents();
    assertThat(tests.started().count()).isGreaterThanOrEqualTo(15);
    tests.assertStatistics(
        (EventStatistics statistics) -> statistics.succeeded(0).skipped(0).aborted(0));
  }

  /** Not found by name, only by the test above. */
  static final class NothingContract extends ProjectorContract {

    @Override
    protected Duration patience() {
      return Duration.ofSeconds(1);
    }

    @Override
    protected ViewFixture fixture() {
      return new NothingFixture();
    }
  }

  private static final class NothingFixture implements ViewFixture {

    @Override
    public Projector open() {
      return new NothingProjector();
    }

    @Override
    public List<String> shown() {
      return List.of();
    }

    @Override
    public String trace(MemoryEvent event) {
      return event.getEventId();
    }

    @Override
    public void wipe() {}

    @Override
    public Runnable copy() {
      return () -> {};
    }

    @Override
    public void close() {}
  }
}
