package dev.driftless.producer.journal;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A tool call that is part of a saga, and how to undo it. What it is given, {@link ToolCall}, has
 * the arguments and an id that is the same in every attempt, also after a crash.
 */
public final class SagaStep {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,100}");

  private final String name;
  private final String tool;
  private final Function<Map<String, String>, String> arguments;
  private final Action run;
  private final @Nullable Action undo;
  private final @Nullable Check check;
  private final boolean repeatable;

  private SagaStep(
      String name,
      String tool,
      Function<Map<String, String>, String> arguments,
      Action run,
      @Nullable Action undo,
      @Nullable Check check,
      boolean repeatable) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "step '%s': use letters, digits, '_', '.' and '-', 1 to 100".formatted(name));
    }
    this.name = name;
    this.tool = tool;
    this.arguments = arguments;
    this.run = run;
    this.undo = undo;
    this.check = check;
    this.repeatable = repeatable;
  }

  /** What a step does, or what undoes it; see {@link Tool} for what an exception says. */
  @FunctionalInterface
  public interface Action {

    /** Returns what is to be recorded: the result, or what the compensation was. */
    String apply(ToolCall call) throws Exception;
  }

  /** Finds out what became of a step whose process ended, or that could not tell. */
  @FunctionalInterface
  public interface Check {

    /** The result if the step happened, empty if it did not and will not. */
    Optional<String> check(ToolCall call) throws Exception;
  }

  /**
   * A step that nothing has to undo, for example because it only reads.
   *
   * @param name in its saga: letters, digits, {@code _}, {@code .} and {@code -}, 1 to 100
   * @param arguments JSON text
   */
  public static SagaStep of(String name, String tool, String arguments, Action run) {
    return of(name, tool, results -> arguments, run);
  }

  /**
   * The same with arguments made from the results of the steps before, by name. They are made once:
   * later attempts are given those that are in the log. What this throws, {@link Saga#run} throws,
   * and the saga stays as it is.
   */
  public static SagaStep of(
      String name, String tool, Function<Map<String, String>, String> arguments, Action run) {
    return new SagaStep(name, tool, arguments, run, null, null, false);
  }

  /**
   * Undoes the step. It may be run more than once, and, where there is no check, for a step that
   * did not happen: its call has a result only if it is known to have.
   */
  public SagaStep undoneBy(Action undo) {
    return new SagaStep(name, tool, arguments, run, undo, check, repeatable);
  }

  /** Finds out whether a step that was cut short happened. */
  public SagaStep checkedBy(Check check) {
    return new SagaStep(name, tool, arguments, run, undo, check, repeatable);
  }

  /**
   * The tool itself takes two calls of one id for one, so a step that was cut short is run again
   * without a check.
   */
  public SagaStep repeatable() {
    return new SagaStep(name, tool, arguments, run, undo, check, true);
  }

  String name() {
    return name;
  }

  ToolCall call(String saga, Map<String, String> results, String agent) {
    return ToolCall.intended(Saga.stepId(saga, name), tool, arguments.apply(results), agent);
  }

  Action run() {
    return run;
  }

  @Nullable Action undo() {
    return undo;
  }

  @Nullable Check check() {
    return check;
  }

  boolean isRepeatable() {
    return repeatable;
  }
}
