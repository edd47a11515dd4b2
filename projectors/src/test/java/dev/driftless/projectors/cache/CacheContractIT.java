package dev.driftless.projectors.cache;

import dev.driftless.projectors.ProjectorContract;
import dev.driftless.projectors.ViewFixture;

final class CacheContractIT extends ProjectorContract {

  @Override
  protected ViewFixture fixture() {
    return new CacheFixture();
  }
}
