package dev.driftless.projectors.cache;

import io.lettuce.core.RedisCommandExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether the server may drop keys when its memory is full. */
final class Eviction {

  private static final Logger LOG = LoggerFactory.getLogger(Eviction.class);
  private static final String POLICY = "maxmemory_policy:";
  private static final String WANTED = "noeviction";

  private Eviction() {}

  /**
   * Asks INFO, which managed servers answer where they forbid CONFIG.
   *
   * @throws EvictionException if the policy is another than {@code noeviction}; where the server
   *     does not tell, that is logged
   */
  static void refuse(RedisLink redis) {
    String policy = policy(redis);
    if (policy.isEmpty()) {
      LOG.atWarn()
          .addKeyValue("view", CacheProjector.VIEW)
          .log("Redis does not tell its maxmemory-policy; see to it that it is noeviction");
    } else if (!policy.equals(WANTED)) {
      throw new EvictionException(policy);
    }
  }

  private static String policy(RedisLink redis) {
    try {
      return redis
          .<String>run(r -> r.info("memory"))
          .lines()
          .filter(line -> line.startsWith(POLICY))
          .map(line -> line.substring(POLICY.length()))
          .findFirst()
          .orElse("");
    } catch (RedisCommandExecutionException e) {
      if (e.getMessage() != null && e.getMessage().startsWith("NOPERM")) {
        return "";
      }
      throw e;
    }
  }
}
