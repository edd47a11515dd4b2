package dev.driftless.projectors.cache;

import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.ProjectorContract;
import dev.driftless.projectors.ViewFixture;

/** The view where projector and reconciler log in as the users that are shipped for them. */
final class CacheUsersContractIT extends ProjectorContract {

  @Override
  protected ViewFixture fixture() {
    return CacheFixture.withUsers(TestStack.shared().with(ServerKind.REDIS).redisUrl());
  }
}
