package dev.driftless.projectors.cache;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import java.util.concurrent.CancellationException;
import java.util.regex.Pattern;

/** Which errors go away by themselves or by an operator's hand, and which are the data's. */
final class RedisErrors {

  /**
   * What a server says that is starting, full, busy, a replica, cut off from its disk or its
   * cluster, or not yet set up for this user. A script puts the place of the error before the code.
   */
  private static final Pattern NOT_NOW =
      Pattern.compile(
          "(^|-|: )(OOM|LOADING|READONLY|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|NOREPLICAS"
              + "|NOSCRIPT|NOAUTH|WRONGPASS|NOPERM|ERR max number of clients)\\b.*",
          Pattern.DOTALL);

  private RedisErrors() {}

  static boolean isTransient(Exception e) {
    if (e instanceof RedisCommandExecutionException) {
      return NOT_NOW.matcher(String.valueOf(e.getMessage())).find();
    }
    return e instanceof RedisException || e instanceof CancellationException;
  }
}
