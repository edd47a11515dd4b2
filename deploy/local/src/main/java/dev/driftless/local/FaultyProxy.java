package dev.driftless.local;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A bad network between clients and one TCP server: clients connect to {@link #port} on 127.0.0.1,
 * and what they meet there is not the server's doing. At first everything passes. Which server that
 * is does not matter; if it is away, connections are reset. Either side's orderly end of what it
 * has to say reaches the other as such, behind its last byte.
 *
 * <p>A call is what a client sends between two answers. Of a protocol in which several calls are
 * under way on one connection, such as HTTP/2, those count as one.
 *
 * <p>Safe for use by several threads.
 */
public final class FaultyProxy implements AutoCloseable {

  /** What happens to the bytes of all connections. */
  public enum Passage {
    /** They pass. */
    OPEN,
    /** Connections are reset, and so are new ones. */
    CUT,
    /** What clients send arrives; what the server answers does not, and nobody is told. */
    MUTE
  }

  private static final int BUFFER_BYTES = 64 << 10;
  private static final int CONNECT_TIMEOUT_MS = 5_000;
  private static final Duration ACCEPT_PAUSE = Duration.ofMillis(100);

  /** A write of data, and no question or acknowledgement. */
  private static final int LARGE_BYTES = 1_024;

  private final InetSocketAddress server;
  private final ServerSocket listener;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "faulty-proxy");
            thread.setDaemon(true);
            return thread;
          });

  private volatile Passage passage = Passage.OPEN;
  private volatile Duration delay = Duration.ZERO;
  private volatile double failing;
  private volatile Random random = new Random(0);
  private volatile CountDownLatch released = new CountDownLatch(0);

  private FaultyProxy(int port, InetSocketAddress server) {
    this.server = server;
    try {
      this.listener = new ServerSocket(port, 100, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.execute(this::accept);
  }

  /** Begins to listen on a free port. */
  public static FaultyProxy before(String host, int port) {
    return at(0, host, port);
  }

  /** Begins to listen on the port {@code own}. */
  static FaultyProxy at(int own, String host, int port) {
    return new FaultyProxy(own, new InetSocketAddress(host, port));
  }

  /** Where clients connect to, on 127.0.0.1. */
  public int port() {
    return listener.getLocalPort();
  }

  /** From now on, also for connections that there are. */
  public void pass(Passage passage) {
    this.passage = passage;
    if (passage != Passage.MUTE) {
      // after being mute there is no telling which answer belongs to which call
      connections.stream()
          .filter(c -> passage == Passage.CUT || c.muted)
          .forEach(Connection::reset);
    }
  }

  /** From now on everything that clients send arrives so much later; zero for at once. */
  public void delay(Duration delay) {
    this.delay = delay;
  }

  /**
   * From now on each call fails with this probability: its connection is reset, as often before the
   * server gets the call as after it has answered.
   *
   * @param probability 0 to 1
   * @param seed of the choice
   */
  public void fail(double probability, long seed) {
    this.random = new Random(seed);
    this.failing = probability;
  }

  /**
   * From now on the connections that there are come to a stop with the first large call that they
   * bring, at least a kilobyte at once: it is kept back here with all that follows on the same
   * connection until {@link #release}. New connections pass.
   */
  public void holdBack() {
    released.countDown();
    released = new CountDownLatch(1);
    connections.forEach(connection -> connection.gate = released);
  }

  /** What was held back arrives now, unless whoever sent it has hung up. */
  public void release() {
    released.countDown();
  }

  /** How many connections are held back now. */
  public int heldBack() {
    return (int) connections.stream().filter(connection -> connection.isHeld).count();
  }

  /** How many calls there were. */
  public long calls() {
    return calls.get();
  }

  /** How many of them failed by {@link #fail}. */
  public long failedCalls() {
    return failed.get();
  }

  /** Resets all connections and listens no more. */
  @Override
  public void close() {
    closed(listener);
    release();
    connections.forEach(Connection::reset);
    threads.shutdownNow();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        threads.execute(() -> connect(client));
      } catch (IOException closedOrOutOfFiles) {
        // of files there may be some again a little later
        LockSupport.parkNanos(ACCEPT_PAUSE.toNanos());
      }
    }
  }

  private void connect(Socket client) {
    Socket there = new Socket();
    Connection connection = new Connection(client, there);
    connections.add(connection);
    try {
      if (passage == Passage.CUT) {
        connection.reset();
        return;
      }
      client.setTcpNoDelay(true);
      there.setTcpNoDelay(true);
      there.connect(server, CONNECT_TIMEOUT_MS);
      threads.execute(connection::answers);
      connection.requests();
    } catch (IOException e) {
      connection.reset();
    }
  }

  private static void closed(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private enum Fate {
    PASSES,
    IS_LOST,
    ANSWER_IS_LOST
  }

  private Fate fate() {
    calls.incrementAndGet();
    if (failing == 0 || random.nextDouble() >= failing) {
      return Fate.PASSES;
    }
    failed.incrementAndGet();
    return random.nextBoolean() ? Fate.IS_LOST : Fate.ANSWER_IS_LOST;
  }

  private final class Connection {

    private final Socket client;
    private final Socket there;
    private final AtomicInteger ends = new AtomicInteger();
    private volatile boolean answered = true;
    private volatile Fate fate = Fate.PASSES;
    private volatile boolean muted;
    private volatile @Nullable CountDownLatch gate;
    private volatile boolean isHeld;

    Connection(Socket client, Socket there) {
      this.client = client;
      this.there = there;
    }

    void requests() {
      copy(client, there, this::request);
    }

    void answers() {
      copy(there, client, this::answer);
    }

    /** Both sides are told at once, by a packet that says so and not by the end of a stream. */
    void reset() {
      connections.remove(this);
      for (Socket socket : new Socket[] {client, there}) {
        try {
          socket.setSoLinger(true, 0);
        } catch (IOException alreadyClosed) {
          // then there is nobody to tell
        }
        closed(socket);
      }
    }

    private boolean request(int bytes) throws InterruptedException {
      awaitRelease(bytes);
      if (answered) {
        answered = false;
        fate = fate();
      }
      Thread.sleep(delay.toMillis());
      return fate != Fate.IS_LOST;
    }

    private void awaitRelease(int bytes) throws InterruptedException {
      CountDownLatch closed = gate;
      if (closed != null && closed.getCount() > 0 && bytes >= LARGE_BYTES) {
        isHeld = true;
        closed.await();
        isHeld = false;
      }
    }

    private boolean answer(int bytes) {
      answered = true;
      return fate != Fate.ANSWER_IS_LOST;
    }

    private void copy(Socket from, Socket to, Passes passes) {
      byte[] buffer = new byte[BUFFER_BYTES];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          if (!passes.lets(read)) {
            reset();
            return;
          }
          if (to != client || !isMuted()) {
            out.write(buffer, 0, read);
            out.flush();
          }
        }
        if (to != client || !isMuted()) {
          end(to);
        }
      } catch (IOException | InterruptedException e) {
        // either end is gone: so is the other
        reset();
      }
    }

    /** Once mute, always mute: it is reset when the others pass again. */
    private boolean isMuted() {
      if (passage == Passage.MUTE) {
        muted = true;
      }
      // read again: who changed it meanwhile may not have seen that this one is muted
      if (muted && passage != Passage.MUTE) {
        reset();
      }
      return muted;
    }

    /** All that was written to it arrives first. */
    private void end(Socket to) throws IOException {
      to.shutdownOutput();
      if (ends.incrementAndGet() == 2) {
        connections.remove(this);
        closed(client);
        closed(there);
      }
    }
  }

  private interface Passes {
    boolean lets(int bytes) throws InterruptedException;
  }
}
