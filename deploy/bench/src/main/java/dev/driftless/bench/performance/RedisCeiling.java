package dev.driftless.bench.performance;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.driftless.bench.SideBySide;
import dev.driftless.events.MemoryEvent;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * What Redis takes in at most: the scripts that a view called, with the arguments that it made,
 * ready in memory, run once more by Lettuce on an empty server. Those of one script that came one
 * after the other are one pipeline.
 */
final class RedisCeiling {

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /** As the view does: the server begins while more are on their way. */
  private static final int FLUSHED = 64;

  private final List<List<Call>> pipelines;
  private final long events;

  private RedisCeiling(List<List<Call>> pipelines, long events) {
    this.pipelines = pipelines;
    this.events = events;
  }

  private record Call(String script, byte[][] keys, byte[][] values) {

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
      String name = new String(command.get(0), US_ASCII);
      if (name.equalsIgnoreCase("SCRIPT")) {
        pipelines.remove(pipelines.size() - 1); // the server did not know it yet; it comes again
      }
      if (!name.equalsIgnoreCase("EVALSHA")) {
        continue;
      }
      Call call = Call.of(command);
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

  /**
   * Whether the server writes its file anew when that has grown to twice what it was, as it does by
   * itself. A store that begins with nothing would do so again and again beside what is measured,
   * where a large one seldom does.
   */
  static void rewriting(String url, boolean allowed) {
    ask(url, redis -> redis.configSet("auto-aof-rewrite-percentage", allowed ? "100" : "0"));
  }

  static void makeEmpty(String url) {
    ask(url, RedisCommands::flushall);
  }

  private static void ask(String url, Function<RedisCommands<String, String>, String> command) {
    RedisClient client = RedisClient.create(url);
    try (StatefulRedisConnection<String, String> connection = client.connect()) {
      var unused = command.apply(connection.sync());
    } finally {
      client.shutdown();
    }
  }

  /** Writes each event into a hash of its subject, and awaits each; answers how many a second. */
  static double oneByOne(String url, List<MemoryEvent> events) {
    List<String> texts = events.stream().map(MemoryEvent::toString).toList();
    RedisClient client = RedisClient.create(url);
    try (StatefulRedisConnection<String, String> connection = client.connect()) {
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

  /** Runs all of them once, on an empty server; answers how many events a second. */
  double eventsPerSecond(String url) throws ExecutionException, InterruptedException {
    return eventsPerSecond(url, 1);
  }

  /** As {@link #eventsPerSecond(String)}, by two connections with partitions of their own. */
  double eventsPerSecondOfTwo(String url) throws ExecutionException, InterruptedException {
    return eventsPerSecond(url, 2);
  }

  private double eventsPerSecond(String url, int connections)
      throws ExecutionException, InterruptedException {
    List<List<List<Call>>> shares =
        IntStream.range(0, connections).mapToObj(share -> share(share, connections)).toList();
    RedisClient client = RedisClient.create(url);
    List<StatefulRedisConnection<byte[], byte[]>> open = new ArrayList<>();
    try {
      for (int i = 0; i < connections; i++) {
        open.add(client.connect(ByteArrayCodec.INSTANCE));
      }
      long began = System.nanoTime();
      var done =
          SideBySide.run(
              connections,
              i ->
                  () -> {
                    run(shares.get(i), open.get(i));
                    return List.of();
                  });
      return events / ((System.nanoTime() - began) / 1e9);
    } finally {
      client.shutdown();
    }
  }

  /** What of the pipelines is of some of the partitions; all of it if there is one share. */
  private List<List<Call>> share(int number, int of) {
    return pipelines.stream()
        .map(
            pipeline ->
                pipeline.stream()
                    .filter(call -> Math.floorMod(Arrays.hashCode(call.keys[0]), of) == number)
                    .toList())
        .filter(pipeline -> !pipeline.isEmpty())
        .toList();
  }

  private static void run(
      List<List<Call>> pipelines, StatefulRedisConnection<byte[], byte[]> connection)
      throws ExecutionException, InterruptedException {
    connection.setAutoFlushCommands(false);
    for (List<Call> pipeline : pipelines) {
      List<RedisFuture<?>> answers = new ArrayList<>();
      for (Call call : pipeline) {
        answers.add(
            connection
                .async()
                .evalsha(call.script, ScriptOutputType.INTEGER, call.keys, call.values));
        if (answers.size() % FLUSHED == 0) {
          connection.flushCommands();
        }
      }
      connection.flushCommands();
      if (!LettuceFutures.awaitAll(PATIENCE, answers.toArray(RedisFuture<?>[]::new))) {
        throw new IllegalStateException("Redis did not answer within " + PATIENCE);
      }
      for (RedisFuture<?> answer : answers) {
        if (Long.valueOf(0).equals(answer.get())) {
          throw new IllegalStateException("Redis did less than it did for the view");
        }
      }
    }
  }
}
