package dev.driftless.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class FaultyProxyTest {

  private final AtomicInteger received = new AtomicInteger();
  private ServerSocket echo;
  private Thread server;
  private FaultyProxy proxy;

  @BeforeEach
  void start() throws IOException {
    listen(0);
    proxy = FaultyProxy.before("127.0.0.1", echo.getLocalPort());
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    echo.close();
  }

  @Test
  void what_passes_is_not_changed() throws IOException {
    try (Socket client = connect()) {
      assertThat(call(client, 7)).isEqualTo(7);
      assertThat(call(client, 8)).isEqualTo(8);
    }
    assertThat(proxy.calls()).isEqualTo(2);
    assertThat(proxy.failedCalls()).isZero();
  }

  @Test
  void a_server_that_is_cut_off_is_reached_again_when_the_way_is_open() throws IOException {
    try (Socket before = connect()) {
      assertThat(call(before, 1)).isEqualTo(1);
      proxy.pass(FaultyProxy.Passage.CUT);
      assertThatThrownBy(() -> call(before, 2)).isInstanceOf(IOException.class);
      try (Socket meanwhile = connect()) {
        assertThatThrownBy(() -> call(meanwhile, 3)).isInstanceOf(IOException.class);
      }
      proxy.pass(FaultyProxy.Passage.OPEN);
      try (Socket after = connect()) {
        assertThat(call(after, 4)).isEqualTo(4);
      }
    }
    assertThat(received).hasValue(2);
  }

  @Test
  void a_mute_server_gets_calls_and_nobody_gets_its_answers() throws IOException {
    try (Socket client = connect()) {
      proxy.pass(FaultyProxy.Passage.MUTE);
      client.setSoTimeout(300);
      assertThatThrownBy(() -> call(client, 1)).isInstanceOf(SocketTimeoutException.class);
      assertThat(received).hasValue(1);
      proxy.pass(FaultyProxy.Passage.OPEN);
      assertThatThrownBy(() -> call(client, 2)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void who_hangs_up_is_heard_to_the_last_byte_and_may_still_be_answered() throws IOException {
    byte[] answer = new byte[100_000];
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        FaultyProxy before = FaultyProxy.before("127.0.0.1", server.getLocalPort());
        Socket client = new Socket("127.0.0.1", before.port())) {
      client.setSoTimeout(10_000);
      client.getOutputStream().write(1);
      client.shutdownOutput();
      try (Socket there = server.accept()) {
        there.setSoTimeout(10_000);
        assertThat(there.getInputStream().readAllBytes()).containsExactly(1);
        there.getOutputStream().write(answer);
      }
      assertThat(client.getInputStream().readAllBytes()).isEqualTo(answer);
    }
  }

  @Test
  void a_call_arrives_as_late_as_it_is_told_to() throws IOException {
    proxy.delay(Duration.ofMillis(200));
    try (Socket client = connect()) {
      long begin = System.nanoTime();
      assertThat(call(client, 1)).isEqualTo(1);
      assertThat(Duration.ofNanos(System.nanoTime() - begin))
          .isGreaterThanOrEqualTo(Duration.ofMillis(200));
    }
  }

  @Test
  void a_large_call_that_is_held_back_arrives_after_later_ones_of_others() throws IOException {
    try (Socket before = connect();
        Socket after = new Socket()) {
      assertThat(call(before, 1)).isEqualTo(1);
      proxy.holdBack();
      assertThat(call(before, 2)).as("a small call").isEqualTo(2);
      before.getOutputStream().write(new byte[2_000]);
      Awaitility.await().until(() -> proxy.heldBack() == 1);
      before.getOutputStream().write(3);
      after.connect(before.getRemoteSocketAddress());
      after.getOutputStream().write(new byte[2_000]);
      assertThat(after.getInputStream().readNBytes(2_000)).hasSize(2_000);
      assertThat(received).hasValue(2_002);

      proxy.release();

      assertThat(before.getInputStream().readNBytes(2_001)).hasSize(2_001).endsWith(3);
      assertThat(proxy.heldBack()).isZero();
    }
  }

  @Test
  void of_the_calls_that_fail_about_half_did_happen() {
    proxy.fail(0.5, 1);
    int failed = 0;
    for (int i = 0; i < 200; i++) {
      try (Socket client = connect()) {
        assertThat(call(client, 1)).isEqualTo(1);
      } catch (IOException e) {
        failed++;
      }
    }
    assertThat(proxy.calls()).isEqualTo(200);
    assertThat(proxy.failedCalls()).isEqualTo(failed).isBetween(70L, 130L);
    int happened = received.get() - (200 - failed);
    assertThat(happened).isBetween(failed / 4, failed * 3 / 4);
  }

  @Test
  void a_server_that_is_away_is_no_end_of_the_proxy() throws Exception {
    int port = echo.getLocalPort();
    echo.close();
    server.join(); // it may have been about to take one more
    try (Socket client = connect()) {
      assertThatThrownBy(() -> call(client, 1)).isInstanceOf(IOException.class);
    }
    listen(port);
    try (Socket client = connect()) {
      assertThat(call(client, 2)).isEqualTo(2);
    }
  }

  private void listen(int port) throws IOException {
    echo = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
    server = new Thread(this::echo, "echo");
    server.setDaemon(true);
    server.start();
  }

  private Socket connect() throws IOException {
    Socket client = new Socket("127.0.0.1", proxy.port());
    client.setSoTimeout(10_000);
    return client;
  }

  private static int call(Socket client, int value) throws IOException {
    client.getOutputStream().write(value);
    int answer = client.getInputStream().read();
    if (answer < 0) {
      throw new IOException("no answer");
    }
    return answer;
  }

  private void echo() {
    ServerSocket listening = echo;
    while (!listening.isClosed()) {
      try {
        Socket client = listening.accept();
        Thread thread = new Thread(() -> echo(client), "echo");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        return;
      }
    }
  }

  private void echo(Socket client) {
    try (client) {
      for (int read = client.getInputStream().read();
          read >= 0;
          read = client.getInputStream().read()) {
        received.incrementAndGet();
        client.getOutputStream().write(read);
      }
    } catch (IOException e) {
      // its end is gone
    }
  }
}
