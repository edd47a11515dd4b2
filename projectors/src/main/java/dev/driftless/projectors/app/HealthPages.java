package dev.driftless.projectors.app;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.driftless.projectors.app.Pages.Answer;
import dev.driftless.projectors.runtime.ViewApplication;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;

/**
 * Whether a projector process does its work, and its numbers.
 *
 * <ul>
 *   <li>{@code /health/live}: 200, or 503 once a thread of a view has not come back for ten
 *       minutes: starting this process again may help.
 *   <li>{@code /health/ready}: 200 if every view that is kept has its partitions and reads them, or
 *       waits for what is away; 503 while one starts, moves partitions, or has stopped by itself.
 *       The body says which.
 *   <li>{@code /metrics}: for Prometheus.
 * </ul>
 */
final class HealthPages implements Function<URI, Answer> {

  private static final Duration SILENCE = Duration.ofMinutes(10);

  private final Map<String, ViewApplication> applications;
  private final PrometheusMeterRegistry meters;

  HealthPages(Map<String, ViewApplication> applications, PrometheusMeterRegistry meters) {
    this.applications = applications;
    this.meters = meters;
  }

  @Override
  public Answer apply(URI request) {
    return switch (request.getPath()) {
      case "/metrics" -> Answer.of(200, Pages.METRICS, meters.scrape());
      case "/health/live" ->
          health(applications.values().stream().noneMatch(a -> a.hangsFor(SILENCE)));
      case "/health/ready" ->
          health(applications.values().stream().allMatch(ViewApplication::isRunning));
      default -> Answer.notFound();
    };
  }

  private Answer health(boolean isWell) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ObjectNode views = json.putObject("views");
    applications.forEach((view, application) -> views.put(view, state(application)));
    return Answer.of(isWell ? 200 : 503, Pages.JSON, json.toString());
  }

  private static String state(ViewApplication application) {
    if (application.stopped().isDone()) {
      return String.valueOf(application.stopped().join().getMessage());
    }
    return application.isRunning() ? "running" : "starting";
  }
}
