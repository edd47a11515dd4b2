package dev.driftless.reconciler;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A store far away: everything its clients send arrives after a delay. */
final class SlowProxy implements AutoCloseable {

  private final ServerSocket server;
  private final String host;
  private final int port;
  private final Duration delay;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "slow-proxy");
            thread.setDaemon(true);
            return thread;
          });

  SlowProxy(String host, int port, Duration delay) {
    this.host = host;
    this.port = port;
    this.delay = delay;
    try {
      this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.execute(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  @Override
  public void close() {
    threads.shutdownNow();
    closed(server);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        Socket store = new Socket(host, port);
        threads.execute(() -> copy(client, store, delay));
        threads.execute(() -> copy(store, client, Duration.ZERO));
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void copy(Socket from, Socket to, Duration delay) {
    byte[] buffer = new byte[64 << 10];
    try (InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        Thread.sleep(delay.toMillis());
        out.write(buffer, 0, read);
        out.flush();
      }
    } catch (IOException | InterruptedException e) {
      // either end is gone: so is the other
    } finally {
      closed(from);
      closed(to);
    }
  }

  private static void closed(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
