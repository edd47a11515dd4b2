package dev.driftless.reconciler.service;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.driftless.reconciler.service.ReconcilerConfig.Http;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the service tells over HTTP: the page, numbers, and whether all is well. */
final class StatusPages implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(StatusPages.class);

  private static final String JSON = "application/json";
  private static final String HTML = "text/html; charset=utf-8";

  /** As Prometheus reads it. */
  private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newFixedThreadPool(4, StatusPages::thread);

  private record Answer(int status, String type, byte[] body) {

    static Answer of(int status, ObjectNode json) {
      return new Answer(status, JSON, json.toString().getBytes(UTF_8));
    }
  }

  /**
   * Serves until it is closed.
   *
   * @throws IllegalStateException if the port is taken
   */
  StatusPages(Http address, Watch watch, PrometheusMeterRegistry meters) {
    try {
      server = HttpServer.create(new InetSocketAddress(address.host(), address.port()), 0);
    } catch (IOException e) {
      throw new IllegalStateException(
          "cannot serve on %s:%d (%s): set another port (reconciler.http.port)"
              .formatted(address.host(), address.port(), e.getMessage()),
          e);
    }
    StatusJson json = new StatusJson(watch);
    byte[] page = page();
    server.createContext(
        "/",
        exchange -> {
          Instant now = Instant.now();
          boolean withHistory = !"history=no".equals(exchange.getRequestURI().getQuery());
          answer(
              exchange,
              switch (exchange.getRequestURI().getPath()) {
                case "/" -> new Answer(200, HTML, page);
                case "/status" -> Answer.of(200, json.status(withHistory, now));
                case "/metrics" -> new Answer(200, METRICS, meters.scrape().getBytes(UTF_8));
                case "/health/live" ->
                    new Answer(watch.isAlive(now) ? 200 : 503, JSON, "{}".getBytes(UTF_8));
                case "/health/ready" -> Answer.of(watch.isReady(now) ? 200 : 503, json.ready(now));
                default -> new Answer(404, "text/plain", "not found".getBytes(UTF_8));
              });
        });
    server.setExecutor(threads);
    server.start();
  }

  /** Where it was bound to. */
  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static void answer(HttpExchange exchange, Answer answer) throws IOException {
    try (exchange) {
      String method = exchange.getRequestMethod();
      if (!method.equals("GET") && !method.equals("HEAD")) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        exchange.sendResponseHeaders(405, -1);
        return;
      }
      exchange.getResponseHeaders().set("Content-Type", answer.type());
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
      exchange
          .getResponseHeaders()
          .set(
              "Content-Security-Policy",
              "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'");
      boolean isHead = method.equals("HEAD");
      exchange.sendResponseHeaders(answer.status(), isHead ? -1 : answer.body().length);
      if (!isHead) {
        exchange.getResponseBody().write(answer.body());
      }
    } catch (RuntimeException e) {
      LOG.warn("path={} failed: {}", exchange.getRequestURI().getPath(), e.toString());
      throw e;
    }
  }

  private static byte[] page() {
    try (InputStream in =
        Objects.requireNonNull(StatusPages.class.getResourceAsStream("page.html"))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "status-pages");
    thread.setDaemon(true);
    return thread;
  }
}
