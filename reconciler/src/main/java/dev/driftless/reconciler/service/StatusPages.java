package dev.driftless.reconciler.service;

import dev.driftless.projectors.app.Pages;
import dev.driftless.projectors.app.Pages.Answer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Function;

/** What the service tells over HTTP: the page, numbers, and whether all is well. */
final class StatusPages implements Function<URI, Answer> {

  private static final String HTML = "text/html; charset=utf-8";

  private final Watch watch;
  private final StatusJson json;
  private final PrometheusMeterRegistry meters;
  private final byte[] page = page();

  StatusPages(Watch watch, PrometheusMeterRegistry meters) {
    this.watch = watch;
    this.json = new StatusJson(watch);
    this.meters = meters;
  }

  @Override
  public Answer apply(URI request) {
    Instant now = Instant.now();
    boolean withHistory = !"history=no".equals(request.getQuery());
    return switch (request.getPath()) {
      case "/" -> new Answer(200, HTML, page);
      case "/status" -> Answer.of(200, Pages.JSON, json.status(withHistory, now).toString());
      case "/metrics" -> Answer.of(200, Pages.METRICS, meters.scrape());
      case "/health/live" -> Answer.of(watch.isAlive(now) ? 200 : 503, Pages.JSON, "{}");
      case "/health/ready" ->
          Answer.of(watch.isReady(now) ? 200 : 503, Pages.JSON, json.ready(now).toString());
      default -> Answer.notFound();
    };
  }

  private static byte[] page() {
    try (InputStream in =
        Objects.requireNonNull(StatusPages.class.getResourceAsStream("page.html"))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
