package dev.driftless.projectors.audit;

import dev.driftless.projectors.ProjectorContract;
import dev.driftless.projectors.ViewFixture;

final class AuditContractIT extends ProjectorContract {

  @Override
  protected ViewFixture fixture() {
    return new AuditFixture();
  }

  @Override
  protected boolean showsEveryRecord() {
    return true;
  }
}
