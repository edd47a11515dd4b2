package dev.driftless.projectors.cache;

import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisCommandInterruptedException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection to Redis, never made again: what follows on it reaches the server that had what
 * came before. Every wait ends after the timeout. When a call returned, or failed with what the
 * server answered, nothing of it is under way any more. For one thread at a time.
 */
final class RedisConnection {

  static final StringCodec UTF_8 = StringCodec.UTF8;

  private static final int MAX_PIPELINED = 1_000;

  /** The server begins with these while the next are made ready. */
  private static final int MAX_AT_ONCE = 64;

  private final StatefulRedisConnection<String, String> redis;
  private final Duration timeout;

  RedisConnection(StatefulRedisConnection<String, String> redis, Duration timeout) {
    this.redis = redis;
    this.timeout = timeout;
  }

  boolean isOpen() {
    return redis.isOpen();
  }

  /** What still waits for it fails. */
  void close() {
    var unused = redis.closeAsync();
  }

  /** As {@link RedisLink#run(Function)}. */
  <T extends @Nullable Object> T run(
      Function<RedisAsyncCommands<String, String>, RedisFuture<T>> command) {
    RedisFuture<T> sent = command.apply(redis.async());
    await(List.of(sent));
    return answer(sent);
  }

  /** As {@link RedisLink#runEach}. */
  <A, T> List<T> runEach(
      List<A> each, Function<RedisAsyncCommands<String, String>, Function<A, RedisFuture<T>>> f) {
    List<T> answers = new ArrayList<>();
    for (int first = 0; first < each.size(); first += MAX_PIPELINED) {
      List<A> some = each.subList(first, Math.min(each.size(), first + MAX_PIPELINED));
      List<RedisFuture<T>> sent = some.stream().map(f.apply(redis.async())).toList();
      await(sent);
      sent.forEach(one -> answers.add(answer(one)));
    }
    return answers;
  }

  /**
   * Runs a script that answers with a number once for each call, all in one pipeline, and waits for
   * all answers, in the order of the calls. Calls that find the script unknown to the server run
   * after the others, so they must not depend on each other's order.
   */
  List<Long> run(Script script, List<ScriptCall> calls) {
    return run(script, calls, () -> new IntegerOutput<>(UTF_8));
  }

  /**
   * As {@link #run(Script, List)} with a script that answers with a list: of texts, numbers, lists
   * and, for what is false, nulls.
   */
  List<List<Object>> read(Script script, List<ScriptCall> calls) {
    return run(script, calls, () -> new NestedMultiOutput<>(UTF_8));
  }

  private <T> List<T> run(
      Script script, List<ScriptCall> calls, Supplier<CommandOutput<String, String, T>> output) {
    List<RedisFuture<T>> sent = send(script, calls, output);
    await(sent);
    List<ScriptCall> unknown = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    SortedMap<Integer, T> answers = new TreeMap<>();
    for (int i = 0; i < sent.size(); i++) {
      try {
        answers.put(i, answer(sent.get(i)));
      } catch (RedisNoScriptException e) {
        unknown.add(calls.get(i));
        places.add(i);
      }
    }
    if (!unknown.isEmpty()) {
      var unused = run(commands -> commands.scriptLoad(script.source()));
      List<RedisFuture<T>> again = send(script, unknown, output);
      await(again);
      for (int i = 0; i < again.size(); i++) {
        answers.put(places.get(i), answer(again.get(i)));
      }
    }
    return List.copyOf(answers.values());
  }

  private <T> List<RedisFuture<T>> send(
      Script script, List<ScriptCall> calls, Supplier<CommandOutput<String, String, T>> output) {
    List<RedisFuture<T>> sent = new ArrayList<>(calls.size());
    for (int first = 0; first < calls.size(); first += MAX_AT_ONCE) {
      List<AsyncCommand<String, String, T>> commands =
          calls.subList(first, Math.min(calls.size(), first + MAX_AT_ONCE)).stream()
              .map(call -> command(script, call, output.get()))
              .toList();
      redis.dispatch(commands);
      sent.addAll(commands);
    }
    return sent;
  }

  private static <T> AsyncCommand<String, String, T> command(
      Script script, ScriptCall call, CommandOutput<String, String, T> output) {
    CommandArgs<String, String> arguments =
        new CommandArgs<>(UTF_8).add(script.sha1()).add(call.keys().size());
    // as bytes: else the one thread of the connection makes them, slowly, while the server waits
    call.keys().forEach(key -> arguments.add(key.getBytes(StandardCharsets.UTF_8)));
    call.arguments().forEach(value -> arguments.add(value.getBytes(StandardCharsets.UTF_8)));
    return new AsyncCommand<>(new Command<>(CommandType.EVALSHA, output, arguments));
  }

  /** Returns when the server has answered all, with an error or without. */
  private void await(List<? extends RedisFuture<?>> sent) {
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      // the last one's answer is the last to come: one wait for all of them
      for (int i = sent.size() - 1; i >= 0; i--) {
        long left = Math.max(1, deadline - System.nanoTime());
        if (!sent.get(i).await(left, TimeUnit.NANOSECONDS)) {
          throw new RedisCommandTimeoutException("Redis did not answer within " + timeout);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RedisCommandInterruptedException(e);
    }
  }

  /** Of what was awaited. */
  private static <T extends @Nullable Object> T answer(RedisFuture<T> sent) {
    return LettuceFutures.awaitOrCancel(sent, 1, TimeUnit.NANOSECONDS);
  }
}
