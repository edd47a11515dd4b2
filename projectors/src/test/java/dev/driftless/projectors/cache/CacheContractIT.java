package dev.driftless.projectors.cache;

import dev.driftless.projectors.ProjectorContract;
import dev.driftless.projectors.ViewFixture;
import org.junit.jupiter.api.Tag;

/** What {@link CacheUsersContractIT} proves with the rights of a user, with all rights. */
@Tag("long")
final class CacheContractIT extends ProjectorContract {

  @Override
  protected ViewFixture fixture() {
    return new CacheFixture();
  }
}
