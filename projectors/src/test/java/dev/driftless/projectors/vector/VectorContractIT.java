package dev.driftless.projectors.vector;

import dev.driftless.projectors.ProjectorContract;
import dev.driftless.projectors.ViewFixture;

final class VectorContractIT extends ProjectorContract {

  @Override
  protected ViewFixture fixture() {
    return new VectorFixture();
  }
}
