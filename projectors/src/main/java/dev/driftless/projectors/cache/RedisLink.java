package dev.driftless.projectors.cache;

import dev.driftless.projectors.tls.RootCertificates;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection to Redis, made when it is first needed and again after it broke. What was under
 * way when it broke fails and is never sent again by itself: the caller knows what to repeat. Every
 * wait ends after the configured timeout; a connection that did not answer in time is given up.
 *
 * <p>Safe for several threads: commands of one thread reach the server in their order.
 */
final class RedisLink implements AutoCloseable {

  private static final StringCodec UTF_8 = StringCodec.UTF8;
  private static final int MAX_PIPELINED = 1_000;
  private static final Duration MAX_SHUTDOWN = Duration.ofSeconds(2);

  private final RedisClient client;
  private final Duration timeout;
  private @Nullable StatefulRedisConnection<String, String> connection;

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
    StatefulRedisConnection<String, String> to = connection();
    return await(to, command.apply(to.async()), deadline());
  }

  /** Runs the command for each, pipelined, and waits for all answers. */
  <A, T> List<T> runEach(
      List<A> each, Function<RedisAsyncCommands<String, String>, Function<A, RedisFuture<T>>> f) {
    StatefulRedisConnection<String, String> to = connection();
    List<T> answers = new ArrayList<>();
    for (int first = 0; first < each.size(); first += MAX_PIPELINED) {
      List<A> some = each.subList(first, Math.min(each.size(), first + MAX_PIPELINED));
      List<RedisFuture<T>> sent = some.stream().map(f.apply(to.async())).toList();
      long deadline = deadline();
      sent.forEach(answer -> answers.add(await(to, answer, deadline)));
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
    StatefulRedisConnection<String, String> to = connection();
    long deadline = deadline();
    List<AsyncCommand<String, String, T>> sent = send(to, script, calls, output);
    List<ScriptCall> unknown = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    SortedMap<Integer, T> answers = new TreeMap<>();
    for (int i = 0; i < sent.size(); i++) {
      try {
        answers.put(i, await(to, sent.get(i), deadline));
      } catch (RedisNoScriptException e) {
        unknown.add(calls.get(i));
        places.add(i);
      }
    }
    if (!unknown.isEmpty()) {
      await(to, to.async().scriptLoad(script.source()), deadline());
      List<AsyncCommand<String, String, T>> again = send(to, script, unknown, output);
      for (int i = 0; i < again.size(); i++) {
        answers.put(places.get(i), await(to, again.get(i), deadline()));
      }
    }
    return List.copyOf(answers.values());
  }

  private static <T> List<AsyncCommand<String, String, T>> send(
      StatefulRedisConnection<String, String> to,
      Script script,
      List<ScriptCall> calls,
      Supplier<CommandOutput<String, String, T>> output) {
    List<AsyncCommand<String, String, T>> commands =
        calls.stream().map(call -> command(script, call, output.get())).toList();
    to.dispatch(commands);
    return commands;
  }

  private static <T> AsyncCommand<String, String, T> command(
      Script script, ScriptCall call, CommandOutput<String, String, T> output) {
    CommandArgs<String, String> arguments =
        new CommandArgs<>(UTF_8)
            .add(script.sha1())
            .add(call.keys().size())
            .addKeys(call.keys())
            .addValues(call.arguments());
    return new AsyncCommand<>(new Command<>(CommandType.EVALSHA, output, arguments));
  }

  private synchronized StatefulRedisConnection<String, String> connection() {
    StatefulRedisConnection<String, String> open = connection;
    if (open == null || !open.isOpen()) {
      open = client.connect(UTF_8);
      connection = open;
    }
    return open;
  }

  private <T extends @Nullable Object> T await(
      StatefulRedisConnection<String, String> from, RedisFuture<T> answer, long deadlineNanos) {
    try {
      long left = Math.max(1, deadlineNanos - System.nanoTime());
      return LettuceFutures.awaitOrCancel(answer, left, TimeUnit.NANOSECONDS);
    } catch (RedisCommandTimeoutException e) {
      giveUp(from);
      throw e;
    }
  }

  /** What else waits for it fails at once, and a half-open socket cannot stop the view for long. */
  private synchronized void giveUp(StatefulRedisConnection<String, String> silent) {
    if (connection == silent) {
      connection = null;
    }
    CompletableFuture<Void> unused = silent.closeAsync();
  }

  private long deadline() {
    return System.nanoTime() + timeout.toNanos();
  }
}
