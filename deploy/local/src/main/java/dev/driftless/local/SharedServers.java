package dev.driftless.local;

import java.util.Set;

/**
 * Other servers for {@link TestStack#shared()} than those of this module, found as a {@link
 * java.util.ServiceLoader} does. Safe for use by several threads.
 */
public interface SharedServers {

  /** The addresses of these servers and of others started earlier; starts what does not run yet. */
  Addresses with(Set<ServerKind> kinds);
}
