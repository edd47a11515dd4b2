package dev.driftless.bench.faults;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A field of the session's hash for each action; see {@link OwnLayout}. */
final class RedisSessions implements StoreClient {

  private final RedisClient client;
  private final Way way;
  private @Nullable StatefulRedisConnection<String, String> open;

  RedisSessions(String uri, Duration timeout, Way way) {
    RedisURI address = RedisURI.create(uri);
    address.setTimeout(timeout);
    this.client = RedisClient.create(address);
    this.way = way;
    // else it would send commands again by itself
    client.setOptions(ClientOptions.builder().autoReconnect(false).build());
  }

  private interface Call {
    void on(RedisCommands<String, String> redis);
  }

  @Override
  public void write(Action action) {
    call(redis -> redis.hset(key(action), action.id(), action.text()));
  }

  @Override
  public void undo(Action action) {
    call(redis -> redis.hdel(key(action), action.id()));
  }

  private String key(Action action) {
    return OwnLayout.sessions(way) + action.subject() + ":" + action.session();
  }

  private void call(Call call) {
    try {
      if (open == null) {
        open = client.connect();
      }
      call.on(open.sync());
    } catch (RuntimeException e) {
      disconnect();
      throw e;
    }
  }

  private void disconnect() {
    if (open != null) {
      open.close();
      open = null;
    }
  }

  @Override
  public void close() {
    disconnect();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
  }
}
