package dev.driftless.projectors.app;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a process tells over HTTP, to whoever asks: it knows no password, so it listens on loopback
 * unless it is told otherwise. Only reads. Safe for several threads.
 */
public final class Pages implements AutoCloseable {

  /** As Prometheus reads it. */
  public static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

  public static final String JSON = "application/json";

  private static final Logger LOG = LoggerFactory.getLogger(Pages.class);

  static {
    // or a few clients that send half a request keep all threads, and the process looks dead
    for (String limit : List.of("maxReqTime", "maxRspTime")) {
      String key = "sun.net.httpserver." + limit;
      if (System.getProperty(key) == null) {
        System.setProperty(key, "5");
      }
    }
  }

  private final HttpServer server;
  private final String host;
  private final ExecutorService threads = Executors.newFixedThreadPool(4, Pages::thread);

  /**
   * Where they are.
   *
   * @param port 0 for any that is free
   */
  public record Http(String host, int port) {

    public Http {
      if (port < 0 || port > 65_535) {
        throw new IllegalArgumentException("port must be between 0 and 65535: " + port);
      }
    }
  }

  /** What is answered to one request. */
  public record Answer(int status, String type, byte[] body) {

    public static Answer of(int status, String type, String body) {
      return new Answer(status, type, body.getBytes(StandardCharsets.UTF_8));
    }

    public static Answer notFound() {
      return of(404, "text/plain", "not found");
    }
  }

  private Pages(HttpServer server, String host) {
    this.server = server;
    this.host = host;
  }

  /**
   * Serves until it is closed.
   *
   * @param key of the setting that says the port, for whoever finds it taken
   * @param pages answers a path with its query; called by several threads at once
   * @throws IllegalStateException if the port is taken, or the host is not one of this machine
   */
  public static Pages serve(Http address, String key, Function<URI, Answer> pages) {
    HttpServer server;
    try {
      server = HttpServer.create(new InetSocketAddress(address.host(), address.port()), 0);
    } catch (IOException | RuntimeException e) {
      throw new IllegalStateException(
          "cannot serve on %s:%d (%s): set another address (%s)"
              .formatted(address.host(), address.port(), e.getMessage(), key),
          e);
    }
    Pages served = new Pages(server, address.host());
    server.createContext("/", exchange -> answer(exchange, pages));
    server.setExecutor(served.threads);
    server.start();
    return served;
  }

  /** Where it was bound to. */
  public URI address() {
    String literal = host.contains(":") ? "[" + host + "]" : host;
    return URI.create("http://%s:%d/".formatted(literal, server.getAddress().getPort()));
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static void answer(HttpExchange exchange, Function<URI, Answer> pages)
      throws IOException {
    try (exchange) {
      String method = exchange.getRequestMethod();
      if (!method.equals("GET") && !method.equals("HEAD")) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        exchange.sendResponseHeaders(405, -1);
        return;
      }
      Answer answer = pages.apply(exchange.getRequestURI());
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

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "pages");
    thread.setDaemon(true);
    return thread;
  }
}
