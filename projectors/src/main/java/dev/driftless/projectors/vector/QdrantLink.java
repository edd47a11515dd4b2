package dev.driftless.projectors.vector;

import com.google.common.util.concurrent.ListenableFuture;
import dev.driftless.projectors.tls.RootCertificates;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.qdrant.client.QdrantClient;
import io.qdrant.client.QdrantGrpcClient;
import io.qdrant.client.grpc.PointsGrpc.PointsFutureStub;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The way to the server; each call within the request timeout. Connects when first asked, and anew
 * after a call that did not reach the server. Safe to share between threads.
 */
final class QdrantLink implements AutoCloseable {

  private static final Pattern VERSION = Pattern.compile("v?(\\d+)\\.(\\d+).*");
  private static final int MAX_ANSWER_BYTES = 256 << 20;

  private final VectorConfig config;
  private final ManagedChannel channel;
  private final QdrantClient client;

  QdrantLink(VectorConfig config) {
    this.config = config;
    this.channel = channel(config);
    this.client = new QdrantClient(connect(channel, config));
  }

  QdrantClient client() {
    return client;
  }

  /** Not through the client, which logs an error when there is no collection. */
  PointsFutureStub points() {
    return client.grpcClient().points();
  }

  /** The answer; {@code otherwise} if there is no such collection. */
  <T> T ifThere(ListenableFuture<T> answer, T otherwise) {
    try {
      return await(answer);
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return otherwise;
      }
      throw e;
    }
  }

  /** The answer, or what the driver threw. */
  <T> T await(ListenableFuture<T> answer) {
    try {
      return answer.get(config.requestTimeout().toMillis() + 1_000, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (Status.fromThrowable(e).getCode() == Status.Code.UNAVAILABLE) {
        // else a channel that failed for long tries to connect every two minutes only
        channel.resetConnectBackoff();
      }
      if (e.getCause() instanceof RuntimeException driver) {
        throw driver;
      }
      throw Status.UNKNOWN.withCause(e.getCause()).asRuntimeException();
    } catch (java.util.concurrent.TimeoutException | CancellationException e) {
      throw Status.DEADLINE_EXCEEDED.withCause(e).asRuntimeException();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Status.CANCELLED.withCause(e).asRuntimeException();
    }
  }

  @Override
  public void close() {
    client.close();
  }

  /**
   * @throws IllegalStateException if the server is too old
   */
  void refuseOldServer() {
    String version = await(client.healthCheckAsync()).getVersion();
    Matcher parts = VERSION.matcher(version);
    if (parts.matches()
        && Integer.parseInt(parts.group(1)) == 1
        && Integer.parseInt(parts.group(2)) < 16) {
      throw new IllegalStateException(
          "Qdrant %s at %s would ignore the guards of this view: use 1.16 or later"
              .formatted(version, config.address()));
    }
  }

  private static ManagedChannel channel(VectorConfig config) {
    return Grpc.newChannelBuilderForAddress(config.host(), config.port(), encryption(config))
        .maxInboundMessageSize(MAX_ANSWER_BYTES)
        .build();
  }

  private static ChannelCredentials encryption(VectorConfig config) {
    if (!config.tls()) {
      if (config.rootCertificates() != null) {
        throw new IllegalArgumentException(
            "vector: rootCertificates are for an encrypted connection: set tls to true");
      }
      return InsecureChannelCredentials.create();
    }
    TlsChannelCredentials.Builder tls = TlsChannelCredentials.newBuilder();
    if (config.rootCertificates() != null) {
      tls.trustManager(
          RootCertificates.trusted("vector.rootCertificates", config.rootCertificates())
              .getTrustManagers());
    }
    return tls.build();
  }

  private static QdrantGrpcClient connect(ManagedChannel channel, VectorConfig config) {
    QdrantGrpcClient.Builder client =
        QdrantGrpcClient.newBuilder(channel, true, false).withTimeout(config.requestTimeout());
    if (config.apiKey() != null) {
      client.withApiKey(config.apiKey());
    }
    return client.build();
  }
}
