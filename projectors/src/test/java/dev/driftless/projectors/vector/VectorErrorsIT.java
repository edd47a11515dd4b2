package dev.driftless.projectors.vector;

import static dev.driftless.projectors.vector.EmbeddingModel.MINILM;
import static dev.driftless.projectors.vector.TestLog.PARTITION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.driftless.schemas.Names;
import io.grpc.StatusRuntimeException;
import io.qdrant.client.PointIdFactory;
import io.qdrant.client.VectorsFactory;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Points.PointStruct;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class VectorErrorsIT {

  private static final Duration SHORT = Duration.ofMillis(500);

  @Test
  void an_embedding_that_cannot_be_is_refused_for_ever_and_nothing_is_written() {
    TestLog log =
        new TestLog()
            .recorded("m1", "good")
            .recorded("m2", "bad", TestLog.embedding(MINILM.id(), 1, 2), null);
    try (VectorFixture view = new VectorFixture();
        VectorProjector projector = view.projector()) {
      long epoch = projector.acquire(PARTITION).epoch();
      RuntimeException refusal = thrown(() -> projector.apply(log.all(epoch)));
      assertThat(refusal).hasMessageStartingWith("partition=3 offset=1: embedding of all-minilm");
      assertThat(projector.isTransient(refusal)).isFalse();
      assertThat(view.shown()).isEmpty();
      assertThat(projector.stored(PARTITION).position()).isNull();
    }
  }

  @Test
  void what_the_server_refuses_is_refused_for_ever() {
    PointStruct tooShort =
        PointStruct.newBuilder()
            .setId(PointIdFactory.id(99))
            .setVectors(VectorsFactory.vectors(1, 2))
            .build();
    try (VectorFixture view = new VectorFixture();
        VectorProjector projector = view.projector()) {
      view.collection().create();
      RuntimeException refusal =
          thrown(() -> view.collection().upsert(List.of(tooShort), Filter.getDefaultInstance()));
      assertThat(refusal).isInstanceOf(StatusRuntimeException.class);
      assertThat(projector.isTransient(refusal)).isFalse();
    }
  }

  @Test
  void a_collection_that_vanishes_is_waited_for() {
    TestLog log = new TestLog().recorded("m1", "good");
    try (VectorFixture view = new VectorFixture();
        VectorProjector projector = view.projector();
        VectorSearch search = view.search()) {
      var batch = log.all(projector.acquire(PARTITION).epoch());
      var points = projector.points(batch);
      view.wipe();
      RuntimeException gone = thrown(() -> projector.write(points, batch));
      assertThat(projector.isTransient(gone)).isTrue();
      assertThat(projector.isTransient(thrown(() -> search.rows(Instant.EPOCH)))).isTrue();
    }
  }

  @Test
  void a_server_that_is_away_is_waited_for() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    assertAwayIsTransient(port);
  }

  @Test
  void a_server_that_never_answers_is_waited_for_no_longer_than_the_request_timeout()
      throws Exception {
    try (ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      assertAwayIsTransient(mute.getLocalPort());
    }
  }

  private static void assertAwayIsTransient(int port) {
    VectorConfig config =
        new VectorConfig("127.0.0.1:" + port, null, false, null, SHORT, MINILM.id(), 1);
    try (VectorProjector projector = new VectorProjector(config, Names.DEFAULT)) {
      long before = System.nanoTime();
      assertThat(projector.isTransient(thrown(() -> projector.acquire(PARTITION)))).isTrue();
      assertThat(projector.isTransient(thrown(() -> projector.stored(PARTITION)))).isTrue();
      assertThat(
              projector.isTransient(
                  thrown(() -> projector.apply(new TestLog().recorded("m1", "good").all(1)))))
          .isTrue();
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(SHORT.multipliedBy(10));
    }
  }

  private static RuntimeException thrown(ThrowingCallable call) {
    return catchThrowableOfType(RuntimeException.class, call);
  }
}
