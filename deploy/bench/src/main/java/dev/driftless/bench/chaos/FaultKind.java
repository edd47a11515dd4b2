package dev.driftless.bench.chaos;

import dev.driftless.local.FaultyProxy.Passage;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What can go wrong, and with what. */
public enum FaultKind {
  /** The process is gone at once (SIGKILL), and started again. */
  KILL(
      List.of("projector", "kafka", "registry", "postgres", "redis", "qdrant"),
      Duration.ofMillis(500),
      Duration.ofSeconds(3),
      (stack, target) -> {
        stack.kill(target);
        return () -> stack.start(target);
      }),
  /**
   * A projector stands still (SIGSTOP) for longer than its session, another one takes over, and it
   * goes on.
   */
  ZOMBIE(
      List.of("projector"),
      Duration.ofSeconds(8),
      Duration.ofSeconds(11),
      (stack, target) -> replaced(stack, () -> {})),
  /**
   * What a projector has sent to the stores is held up on its way, another projector takes over and
   * writes what is newer, and then it arrives.
   */
  LATE(
      List.of("projector"),
      Duration.ofSeconds(8),
      Duration.ofSeconds(11),
      (stack, target) -> {
        stack.holdBackWrites();
        return replaced(stack, stack::releaseWrites);
      }),
  /** Connections to a view's store are reset. */
  CUT(
      Targets.VIEWS,
      Duration.ofSeconds(1),
      Duration.ofSeconds(4),
      (stack, view) -> {
        stack.proxy(view).pass(Passage.CUT);
        return () -> stack.proxy(view).pass(Passage.OPEN);
      }),
  /** What is sent to a view's store arrives, and no answer comes back. */
  MUTE(
      Targets.VIEWS,
      Duration.ofSeconds(1),
      Duration.ofSeconds(4),
      (stack, view) -> {
        stack.mute(view);
        return () -> stack.proxy(view).pass(Passage.OPEN);
      }),
  /** Whatever is sent to a view's store arrives late. */
  SLOW(
      Targets.VIEWS,
      Duration.ofSeconds(2),
      Duration.ofSeconds(5),
      (stack, view) -> {
        stack.proxy(view).delay(Duration.ofMillis(80));
        return () -> stack.proxy(view).delay(Duration.ZERO);
      }),
  /** A tenth of the calls to a view's store fail, half of them after they were done. */
  FLAKY(
      Targets.VIEWS,
      Duration.ofSeconds(2),
      Duration.ofSeconds(5),
      (stack, view) -> {
        stack.proxy(view).fail(0.1, view.hashCode());
        return () -> stack.proxy(view).fail(0, 0);
      }),
  /** A view's store is emptied. */
  WIPE(
      Targets.VIEWS,
      Duration.ofSeconds(1),
      Duration.ofSeconds(2),
      (stack, view) -> {
        stack.wipe(view);
        return () -> {};
      }),
  /** Redis loses what it wrote last, as in a power failure: killed, its file cut, started again. */
  LOSE_TAIL(
      List.of("redis"),
      Duration.ofMillis(500),
      Duration.ofSeconds(1),
      (stack, target) -> {
        stack.cutAppendOnlyFile();
        return () -> stack.start(target);
      }),
  /** The disk of Redis is full. */
  DISK_FULL(
      List.of("redis"),
      Duration.ofSeconds(2),
      Duration.ofSeconds(4),
      (stack, target) -> {
        stack.disk().fill();
        return () -> stack.disk().free();
      }),
  /** One projector becomes three, and then one again. */
  SCALE(
      List.of("projector"),
      Duration.ofSeconds(6),
      Duration.ofSeconds(9),
      (stack, target) -> {
        stack.projectors().scale(3);
        return () -> {
          Pause.until("each process has partitions", stack.projectors()::isShared);
          stack.projectors().scale(1);
        };
      }),
  /** All servers and projectors are killed at once, and started again. */
  RESTART(
      List.of("everything"),
      Duration.ofMillis(500),
      Duration.ofSeconds(2),
      (stack, target) -> {
        stack.killEverything();
        return stack::startEverything;
      });

  /** Begins the fault and returns what ends it. */
  @FunctionalInterface
  interface Strike {
    Runnable at(ChaosStack stack, String target);
  }

  /**
   * Stops a projector; what is returned waits until another one has its place, and lets it go on.
   *
   * @param before what happens in between
   */
  private static Runnable replaced(ChaosStack stack, Runnable before) {
    Ownership owned = stack.suspendProjector();
    stack.projectors().scale(2);
    return () -> {
      stack.awaitOtherOwners(owned);
      before.run();
      stack.projectors().resumeFirst();
      stack.projectors().scaleBackLater();
    };
  }

  private static final class Targets {
    static final List<String> VIEWS = List.of("relational", "vector", "cache", "context", "audit");
  }

  private final List<String> targets;
  private final Duration shortest;
  private final Duration longest;
  private final Strike strike;

  FaultKind(List<String> targets, Duration shortest, Duration longest, Strike strike) {
    this.targets = targets;
    this.shortest = shortest;
    this.longest = longest;
    this.strike = strike;
  }

  /** What it can be done to: a view's name stands for the way to its store. */
  public List<String> targets() {
    return targets;
  }

  /** The word in a schedule. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** By its {@link #word()}. */
  static FaultKind of(String word) {
    return Arrays.stream(values())
        .filter(kind -> kind.word().equals(word))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(unknown(word)));
  }

  private static String unknown(String word) {
    return Arrays.stream(values())
        .map(FaultKind::word)
        .collect(
            Collectors.joining(", ", "there is no fault '%s': use one of ".formatted(word), ""));
  }

  Duration shortest() {
    return shortest;
  }

  Duration longest() {
    return longest;
  }

  Strike strike() {
    return strike;
  }
}
