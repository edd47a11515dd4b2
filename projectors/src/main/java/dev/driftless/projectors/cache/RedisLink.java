package dev.driftless.projectors.cache;

import dev.driftless.projectors.tls.RootCertificates;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandInterruptedException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
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
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Connections to Redis, one for each thread that waits for an answer: made when first needed, and
 * again after one broke. What was under way when it broke fails and is never sent again by itself:
 * the caller knows what to repeat. Every wait ends after the configured timeout; a connection that
 * did not answer in time is given up.
 *
 * <p>Safe for several threads. When a call has returned, or failed but for the timeout, nothing of
 * it is under way any more, so that the commands of a thread reach the server in their order.
 */
final class RedisLink implements AutoCloseable {

  private static final StringCodec UTF_8 = StringCodec.UTF8;
  private static final int MAX_PIPELINED = 1_000;

  /** The server begins with these while the next are made ready. */
  private static final int MAX_AT_ONCE = 64;

  private static final Duration MAX_SHUTDOWN = Duration.ofSeconds(2);

  private final RedisClient client;
  private final Duration timeout;

  /** Which nobody waits at. A thread's own: an answer does not queue behind another's pipeline. */
  private final Queue<StatefulRedisConnection<String, String>> idle = new ConcurrentLinkedQueue<>();

  RedisLink(CacheConfig config) {
    this.timeout = config.timeout();
    ClientOptions options =
        ClientOptions.builder()
            .autoReconnect(false)
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

  /** Runs one command and waits for its answer. */
  <T extends @Nullable Object> T run(
      Function<RedisAsyncCommands<String, String>, RedisFuture<T>> command) {
    return connected(
        to -> {
          RedisFuture<T> sent = command.apply(to.async());
          await(List.of(sent));
          return answer(sent);
        });
  }

  /** Runs the command for each, pipelined, and waits for all answers. */
  <A, T> List<T> runEach(
      List<A> each, Function<RedisAsyncCommands<String, String>, Function<A, RedisFuture<T>>> f) {
    return connected(
        to -> {
          List<T> answers = new ArrayList<>();
          for (int first = 0; first < each.size(); first += MAX_PIPELINED) {
            List<A> some = each.subList(first, Math.min(each.size(), first + MAX_PIPELINED));
            List<RedisFuture<T>> sent = some.stream().map(f.apply(to.async())).toList();
            await(sent);
            sent.forEach(one -> answers.add(answer(one)));
          }
          return answers;
        });
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

  /** Runs a script once. */
  long run(Script script, ScriptCall call) {
    return run(script, List.of(call)).get(0);
  }

  @Override
  public void close() {
    client.shutdown(Duration.ZERO, MAX_SHUTDOWN);
  }

  private <T> List<T> run(
      Script script, List<ScriptCall> calls, Supplier<CommandOutput<String, String, T>> output) {
    return connected(
        to -> {
          List<RedisFuture<T>> sent = send(to, script, calls, output);
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
            await(List.of(to.async().scriptLoad(script.source())));
            List<RedisFuture<T>> again = send(to, script, unknown, output);
            await(again);
            for (int i = 0; i < again.size(); i++) {
              answers.put(places.get(i), answer(again.get(i)));
            }
          }
          return List.copyOf(answers.values());
        });
  }

  private static <T> List<RedisFuture<T>> send(
      StatefulRedisConnection<String, String> to,
      Script script,
      List<ScriptCall> calls,
      Supplier<CommandOutput<String, String, T>> output) {
    List<RedisFuture<T>> sent = new ArrayList<>(calls.size());
    for (int first = 0; first < calls.size(); first += MAX_AT_ONCE) {
      List<AsyncCommand<String, String, T>> commands =
          calls.subList(first, Math.min(calls.size(), first + MAX_AT_ONCE)).stream()
              .map(call -> command(script, call, output.get()))
              .toList();
      to.dispatch(commands);
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

  /** Errors that the server answered leave the connection as good as it was. */
  private <T extends @Nullable Object> T connected(
      Function<StatefulRedisConnection<String, String>, T> use) {
    StatefulRedisConnection<String, String> to = connection();
    boolean silent = false;
    try {
      return use.apply(to);
    } catch (RedisCommandTimeoutException | RedisCommandInterruptedException e) {
      silent = true;
      throw e;
    } finally {
      if (silent || !to.isOpen()) {
        CompletableFuture<Void> unused = to.closeAsync();
      } else {
        idle.add(to);
      }
    }
  }

  private StatefulRedisConnection<String, String> connection() {
    StatefulRedisConnection<String, String> open = idle.poll();
    while (open != null && !open.isOpen()) {
      open = idle.poll();
    }
    return open == null ? client.connect(UTF_8) : open;
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
