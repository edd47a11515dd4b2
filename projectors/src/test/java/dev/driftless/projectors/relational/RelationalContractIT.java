package dev.driftless.projectors.relational;

import dev.driftless.projectors.ProjectorContract;
import dev.driftless.projectors.ViewFixture;

final class RelationalContractIT extends ProjectorContract {

  @Override
  protected ViewFixture fixture() {
    return new RelationalFixture();
  }
}
