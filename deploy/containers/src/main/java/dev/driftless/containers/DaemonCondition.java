package dev.driftless.containers;

import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.DockerClientFactory;

/**
 * Skips every test, and says so once, where no Docker daemon answers. JUnit finds it by itself as
 * soon as this module is on the class path.
 */
public final class DaemonCondition implements ExecutionCondition {

  private static final String NO_DAEMON =
      "no Docker daemon answers: the tests against containers are skipped";

  private static final class Daemon {
    // Maven prints of a skipped test its number, and no reason
    static final boolean ANSWERS =
        answers(DockerClientFactory.instance()::isDockerAvailable, System.out::println);
  }

  static boolean answers(BooleanSupplier daemon, Consumer<String> say) {
    boolean answers = daemon.getAsBoolean();
    if (!answers) {
      say.accept("WARNING: " + NO_DAEMON);
    }
    return answers;
  }

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return result(Daemon.ANSWERS);
  }

  static ConditionEvaluationResult result(boolean daemonAnswers) {
    return daemonAnswers
        ? ConditionEvaluationResult.enabled("a Docker daemon answers")
        : ConditionEvaluationResult.disabled(NO_DAEMON);
  }
}
