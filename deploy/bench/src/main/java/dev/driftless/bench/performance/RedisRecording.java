package dev.driftless.bench.performance;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * Passes on what clients say to Redis and what it answers, and remembers the commands: arrays of
 * bulk strings, in the order in which they came. For two connections at most at a time.
 */
final class RedisRecording implements AutoCloseable {

  private final ServerSocket listener;
  private final String host;
  private final int port;
  private final List<List<byte[]>> commands = new ArrayList<>();

  private RedisRecording(ServerSocket listener, String host, int port) {
    this.listener = listener;
    this.host = host;
    this.port = port;
  }

  /** Listens on a port of its own. */
  static RedisRecording before(String host, int port) throws IOException {
    RedisRecording recording =
        new RedisRecording(new ServerSocket(0, 8, InetAddress.getLoopbackAddress()), host, port);
    start(recording::accept);
    return recording;
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Those so far. */
  List<List<byte[]>> commands() {
    synchronized (commands) {
      return List.copyOf(commands);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  private interface Copying {
    void run() throws IOException;
  }

  private static void start(Copying copying) {
    Thread thread =
        new Thread(
            () -> {
              try {
                copying.run();
              } catch (IOException e) {
                // one side has closed, and what it had to say is recorded
              }
            },
            "redis-recording");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() throws IOException {
    while (true) {
      Socket client = listener.accept();
      Socket server = new Socket(host, port);
      start(() -> server.getInputStream().transferTo(client.getOutputStream()));
      start(
          () -> {
            try (client;
                server) {
              record(client.getInputStream(), server.getOutputStream());
            }
          });
    }
  }

  private void record(InputStream in, OutputStream out) throws IOException {
    DataInputStream from = new DataInputStream(new BufferedInputStream(in, 1 << 16));
    while (true) {
      ByteArrayOutputStream whole = new ByteArrayOutputStream();
      List<byte[]> command = read(from, whole);
      synchronized (commands) {
        commands.add(command);
      }
      whole.writeTo(out);
    }
  }

  private static List<byte[]> read(DataInputStream from, ByteArrayOutputStream whole)
      throws IOException {
    int parts = length(from, whole, '*');
    List<byte[]> command = new ArrayList<>(parts);
    for (int i = 0; i < parts; i++) {
      byte[] part = new byte[length(from, whole, '$')];
      from.readFully(part);
      whole.writeBytes(part);
      command.add(part);
      whole.write(from.readByte());
      whole.write(from.readByte());
    }
    return command;
  }

  private static int length(DataInputStream from, ByteArrayOutputStream whole, char kind)
      throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (byte b = from.readByte(); b != '\n'; b = from.readByte()) {
      line.write(b);
    }
    line.write('\n');
    whole.writeBytes(line.toByteArray());
    String text = line.toString(US_ASCII).strip();
    if (text.charAt(0) != kind) {
      throw new UncheckedIOException(
          new IOException("expected '%s' and a number, found %s".formatted(kind, text)));
    }
    return Integer.parseInt(text.substring(1));
  }
}
