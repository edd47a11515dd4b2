package dev.driftless.reconciler.service;

import dev.driftless.projectors.app.ConfigFile;
import dev.driftless.projectors.app.Pages.Http;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.RepairLimits;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Everything that the service can be told beside where the servers are. The keys, what they mean
 * and their defaults stand in {@code reconciler.yaml} beside this class.
 */
public record ReconcilerConfig(
    String name,
    Path directory,
    Path exports,
    Duration shallowEvery,
    Duration deepBudget,
    boolean repair,
    double maxPercent,
    Duration lagEvery,
    Duration stuckAfter,
    LagLimits lag,
    Http http) {

  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /**
   * How far a view may be behind.
   *
   * @param views those that have limits of their own
   */
  public record LagLimits(long events, Duration time, Map<String, LagLimit> views) {

    public LagLimits {
      views
          .keySet()
          .forEach(
              view ->
                  check(
                      Views.names().contains(view), "lag.views", "one of " + Views.names(), view));
    }

    LagLimit of(String view) {
      LagLimit own = views.getOrDefault(view, new LagLimit(null, null));
      return new LagLimit(
          Objects.requireNonNullElse(own.events(), events),
          Objects.requireNonNullElse(own.time(), time));
    }
  }

  /** How far one view may be behind; null where the others' limit holds. */
  public record LagLimit(@Nullable Long events, @Nullable Duration time) {}

  public ReconcilerConfig {
    positive("shallowEvery", shallowEvery);
    check(shallowEvery.compareTo(MINUTE) <= 0, "shallowEvery", "at most PT60S", shallowEvery);
    boolean fits = !deepBudget.isNegative() && deepBudget.compareTo(DAY) <= 0;
    check(fits, "deepBudget", "PT0S to PT24H", deepBudget);
    check(maxPercent >= 0 && maxPercent <= 100, "maxPercent", "0 to 100", maxPercent);
    positive("lagEvery", lagEvery);
    positive("stuckAfter", stuckAfter);
  }

  /**
   * The defaults, with the section {@code reconciler} of {@code file} laid over them.
   *
   * @param environment where {@code ${ENV:default}} is looked up; null where a variable is not set
   * @throws IllegalArgumentException if the file cannot be read or says something wrong; names the
   *     file and the key
   */
  public static ReconcilerConfig load(
      @Nullable Path file, Function<String, @Nullable String> environment) {
    InputStream defaults =
        Objects.requireNonNull(ReconcilerConfig.class.getResourceAsStream("reconciler.yaml"));
    return ConfigFile.load(defaults, file, environment)
        .section("reconciler")
        .bind(ReconcilerConfig.class);
  }

  /** The same, but for what is not null here. */
  public ReconcilerConfig with(
      @Nullable Boolean repairing, @Nullable Double percent, @Nullable Integer port) {
    return new ReconcilerConfig(
        name,
        directory,
        exports,
        shallowEvery,
        deepBudget,
        Objects.requireNonNullElse(repairing, repair),
        Objects.requireNonNullElse(percent, maxPercent),
        lagEvery,
        stuckAfter,
        lag,
        port == null ? http : new Http(http.host(), port));
  }

  /** How far repairs may go. */
  public RepairLimits limits() {
    return new RepairLimits(maxPercent, exports, PATIENCE);
  }

  private static void positive(String key, Duration value) {
    check(!value.isNegative() && !value.isZero(), key, "more than nothing", value);
  }

  private static void check(boolean right, String key, String expected, Object found) {
    if (!right) {
      throw new IllegalArgumentException(
          "%s: expected %s, found %s".formatted(key, expected, found));
    }
  }
}
