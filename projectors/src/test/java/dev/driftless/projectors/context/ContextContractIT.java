package dev.driftless.projectors.context;

import dev.driftless.projectors.ProjectorContract;
import dev.driftless.projectors.ViewFixture;

final class ContextContractIT extends ProjectorContract {

  @Override
  protected ViewFixture fixture() {
    return new ContextFixture();
  }
}
