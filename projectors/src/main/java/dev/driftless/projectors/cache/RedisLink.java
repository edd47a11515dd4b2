package dev.driftless.projectors.cache;

import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.tls.RootCertificates;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisReadOnlyException;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Connections to Redis, one for each thread that is at it: made when first needed, and again after
 * one broke. What was under way when it broke fails and is never sent again by itself: the caller
 * knows what to repeat. Every wait ends after the configured timeout; a connection on which a call
 * failed with anything but what the server answered is given up, and one to a replica.
 *
 * <p>Safe for several threads.
 */
final class RedisLink implements AutoCloseable {

  private static final Duration MAX_SHUTDOWN = Duration.ofSeconds(2);

  private final RedisClient client;
  private final Duration timeout;

  /** At which no thread is: an answer does not queue behind another thread's pipeline. */
  private final Queue<RedisConnection> idle = new ConcurrentLinkedQueue<>();

  RedisLink(CacheConfig config) {
    this.timeout = config.timeout();
    ClientOptions options =
        ClientOptions.builder()
            .autoReconnect(false)
            .timeoutOptions(TimeoutOptions.create()) // who waits has the one clock that counts
            .sslOptions(encryption(config))
            .socketOptions(SocketOptions.builder().connectTimeout(timeout).keepAlive(true).build())
            .build();
    this.client = RedisClient.create(config.redisUri());
    client.setOptions(options);
  }

  private static SslOptions encryption(CacheConfig config) {
    SslOptions.Builder options = SslOptions.builder().jdkSslProvider();
    if (config.rootCertificates() != null) {
      // not before: processes that keep other views share this setting, but not the address
      if (!config.redisUri().isSsl()) {
        throw new IllegalArgumentException(
            "cache: rootCertificates are for an encrypted connection: let uri begin with rediss");
      }
      options.trustManager(
          RootCertificates.trusted("cache.rootCertificates", config.rootCertificates()));
    }
    return options.build();
  }

  /**
   * Does all of it on one connection: where that breaks in between, what follows fails. So nothing
   * that relies on what came before reaches another server.
   */
  <T extends @Nullable Object> T onOne(Function<RedisConnection, T> work) {
    RedisConnection connection = connection();
    boolean quiet = false;
    try {
      T result = work.apply(connection);
      quiet = true;
      return result;
    } catch (FencedException e) {
      quiet = true;
      throw e;
    } catch (RedisCommandExecutionException e) {
      // a server that became a replica may keep its clients: another connection finds the new one
      quiet = !(e instanceof RedisReadOnlyException);
      throw e;
    } finally {
      if (quiet) {
        idle.add(connection);
      } else {
        giveUp(connection);
      }
    }
  }

  /** Runs one command and waits for its answer. */
  <T extends @Nullable Object> T run(
      Function<RedisAsyncCommands<String, String>, RedisFuture<T>> command) {
    return onOne(connection -> connection.run(command));
  }

  /** Runs the command for each, pipelined, and waits for all answers. */
  <A, T> List<T> runEach(
      List<A> each, Function<RedisAsyncCommands<String, String>, Function<A, RedisFuture<T>>> f) {
    return onOne(connection -> connection.runEach(each, f));
  }

  /** As {@link RedisConnection#run(Script, List)}. */
  List<Long> run(Script script, List<ScriptCall> calls) {
    return onOne(connection -> connection.run(script, calls));
  }

  /** As {@link RedisConnection#read}. */
  List<List<Object>> read(Script script, List<ScriptCall> calls) {
    return onOne(connection -> connection.read(script, calls));
  }

  /** Runs a script once. */
  long run(Script script, ScriptCall call) {
    return run(script, List.of(call)).get(0);
  }

  @Override
  public void close() {
    client.shutdown(Duration.ZERO, MAX_SHUTDOWN);
  }

  private RedisConnection connection() {
    RedisConnection open = idle.poll();
    while (open != null && !open.isOpen()) {
      open.close();
      open = idle.poll();
    }
    return open == null
        ? new RedisConnection(client.connect(RedisConnection.UTF_8), timeout)
        : open;
  }

  /**
   * The others too: of a server that is gone they may not know it, and each would be waited for.
   */
  private void giveUp(RedisConnection broken) {
    broken.close();
    for (RedisConnection other = idle.poll(); other != null; other = idle.poll()) {
      other.close();
    }
  }
}
