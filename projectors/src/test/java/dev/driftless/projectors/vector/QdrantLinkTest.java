package dev.driftless.projectors.vector;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The way to a server that is away. */
final class QdrantLinkTest {

  @Test
  void after_each_failed_call_it_connects_anew_however_often_that_failed() throws Exception {
    AtomicInteger connections = new AtomicInteger();
    try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        QdrantLink link = new QdrantLink(VectorConfig.of("127.0.0.1:" + listener.getLocalPort()))) {
      Thread away = new Thread(() -> refuse(listener, connections), "away");
      away.setDaemon(true);
      away.start();
      for (int call = 1; call <= 10; call++) {
        int before = connections.get();
        await("connection number " + call)
            .atMost(Duration.ofSeconds(5))
            .until(() -> connects(link, connections, before));
      }
    }
  }

  /** The call fails; whether somebody has connected since this was the number of connections. */
  private static boolean connects(QdrantLink link, AtomicInteger connections, int before) {
    assertThatThrownBy(() -> link.await(link.client().healthCheckAsync()))
        .isInstanceOf(StatusRuntimeException.class);
    return connections.get() > before;
  }

  private static void refuse(ServerSocket listener, AtomicInteger connections) {
    while (true) {
      try {
        listener.accept().close();
        connections.incrementAndGet();
      } catch (IOException e) {
        return;
      }
    }
  }
}
