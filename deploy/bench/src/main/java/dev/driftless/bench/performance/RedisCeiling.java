package dev.driftless.bench.performance;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.driftless.events.MemoryEvent;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;

/**
 * What Redis takes in at most: the scripts that a view called, with the arguments that it made,
 * ready in memory, run once more by Lettuce on an empty server. Those of one script that came one
 * after the other are one pipeline.
 */
final class RedisCeiling {

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final List<List<Call>> pipelines;
  private final long events;

  private RedisCeiling(List<List<Call>> pipelines, long events) {
    this.pipelines = pipelines;
    this.events = events;
  }

  private record Call(String script, byte[][] keys, byte[][] values) {

    boolean isSameAs(Call other) {
      return script.equals(other.script)
          && Arrays.deepEquals(keys, other.keys)
          && Arrays.deepEquals(values, other.values);
    }

    static Call of(List<byte[]> command) {
      int keys = Integer.parseInt(new String(command.get(2), US_ASCII));
      byte[][] all = command.subList(3, command.size()).toArray(byte[][]::new);
      return new Call(
          new String(command.get(1), US_ASCII),
          Arrays.copyOf(all, keys),
          Arrays.copyOfRange(all, keys, all.length));
    }
  }

  /**
   * @param events that the commands were made of
   */
  static RedisCeiling of(List<List<byte[]>> commands, long events) {
    List<List<Call>> pipelines = new ArrayList<>();
    for (List<byte[]> command : commands) {
      if (!new String(command.get(0), US_ASCII).equalsIgnoreCase("EVALSHA")) {
        continue;
      }
      Call call = Call.of(command);
      if (!pipelines.isEmpty() && call.isSameAs(last(last(pipelines)))) {
        continue; // the server did not know the script yet, and was asked again
      }
      if (pipelines.isEmpty() || !last(pipelines).get(0).script.equals(call.script)) {
        pipelines.add(new ArrayList<>());
      }
      last(pipelines).add(call);
    }
    return new RedisCeiling(pipelines, events);
  }

  private static <T> T last(List<T> list) {
    return list.get(list.size() - 1);
  }

  /** Writes each event into a hash of its subject, and awaits each; answers how many a second. */
  static double oneByOne(String url, List<MemoryEvent> events) {
    List<String> texts = events.stream().map(MemoryEvent::toString).toList();
    RedisClient client = RedisClient.create(url);
    try (StatefulRedisConnection<String, String> connection = client.connect()) {
      var unused = connection.sync().flushall();
      long began = System.nanoTime();
      for (int i = 0; i < texts.size(); i++) {
        MemoryEvent event = events.get(i);
        var answer = connection.sync().hset(event.getSubject(), event.getEventId(), texts.get(i));
      }
      return events.size() / ((System.nanoTime() - began) / 1e9);
    } finally {
      client.shutdown();
    }
  }

  /** Runs all of them once, after the server was emptied; answers how many events a second. */
  double eventsPerSecond(String url) throws ExecutionException, InterruptedException {
    RedisClient client = RedisClient.create(url);
    try (StatefulRedisConnection<byte[], byte[]> connection =
        client.connect(ByteArrayCodec.INSTANCE)) {
      var unused = connection.sync().flushall();
      connection.setAutoFlushCommands(false);
      long began = System.nanoTime();
      for (List<Call> pipeline : pipelines) {
        RedisFuture<?>[] answers =
            pipeline.stream()
                .map(
                    call ->
                        connection
                            .async()
                            .evalsha(call.script, ScriptOutputType.INTEGER, call.keys, call.values))
                .toArray(RedisFuture<?>[]::new);
        connection.flushCommands();
        if (!LettuceFutures.awaitAll(PATIENCE, answers)) {
          throw new IllegalStateException("Redis did not answer within " + PATIENCE);
        }
        for (RedisFuture<?> answer : answers) {
          if (Long.valueOf(0).equals(answer.get())) {
            throw new IllegalStateException("Redis did less than it did for the view");
          }
        }
      }
      return events / ((System.nanoTime() - began) / 1e9);
    } finally {
      client.shutdown();
    }
  }
}
