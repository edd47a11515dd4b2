package dev.driftless.projectors.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.MemoryLogConfig;
import dev.driftless.projectors.Events;
import dev.driftless.projectors.TestLog;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.relational.RelationalProjector;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One trace from whoever publishes to every store that shows the event. */
final class TracingIT {

  private static final String TEXT = "flew to Lisbon";
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final AttributeKey<Long> OFFSET = AttributeKey.longKey("messaging.kafka.offset");
  private static final AttributeKey<String> DISPOSITION =
      AttributeKey.stringKey("driftless.disposition");

  private final InMemorySpanExporter finished = InMemorySpanExporter.create();
  private final OpenTelemetry traces =
      OpenTelemetrySdk.builder()
          .setTracerProvider(
              SdkTracerProvider.builder()
                  .addSpanProcessor(SimpleSpanProcessor.create(finished))
                  .build())
          .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
          .build();
  private final TestLog log = new TestLog(PATIENCE);

  @AfterEach
  void close() {
    log.close();
  }

  @Test
  void goes_on_from_the_publisher_to_the_write_of_the_store() {
    Span agent = traces.getTracer("test").spanBuilder("agent").startSpan();
    try (ViewApplication view = view(traces);
        MemoryLog client = MemoryLog.open(config(), traces)) {
      view.start();
      try (Scope ignored = agent.makeCurrent()) {
        client.append(Events.recorded("m1", TEXT));
      }
      await().atMost(PATIENCE).until(() -> named("write relational").size() == 1);
    }
    SpanData send = named("send " + log.names().log()).get(0);
    SpanData process = named("process " + log.names().log()).get(0);
    SpanData write = named("write relational").get(0);

    assertThat(send.getParentSpanId()).isEqualTo(agent.getSpanContext().getSpanId());
    assertThat(process.getParentSpanId()).isEqualTo(send.getSpanId());
    assertThat(write.getParentSpanId()).isEqualTo(process.getSpanId());
    assertThat(write.getLinks())
        .extracting(link -> link.getSpanContext().getSpanId())
        .containsExactly(process.getSpanId());
    assertThat(List.of(send, process, write))
        .extracting(SpanData::getTraceId)
        .containsOnly(agent.getSpanContext().getTraceId());
    assertThat(List.of(send, process, write))
        .extracting(SpanData::getKind)
        .containsExactly(SpanKind.PRODUCER, SpanKind.CONSUMER, SpanKind.CLIENT);
    assertThat(process.getAttributes().get(OFFSET)).isEqualTo(send.getAttributes().get(OFFSET));
    assertThat(process.getAttributes().get(DISPOSITION)).isEqualTo("apply");
    assertThat(finished.getFinishedSpanItems().toString()).doesNotContain(TEXT);
  }

  @Test
  void a_write_that_the_store_refuses_is_seen_in_the_trace() {
    ProducerRecord<byte[], byte[]> refused =
        with(log.record(Events.recorded("m1", "has a zero: \0")), "01");
    try (ViewApplication view = view(traces)) {
      view.start();
      log.publishRaw(List.of(refused));
      await().atMost(PATIENCE).until(() -> named("write relational").size() == 2);
    }
    assertThat(finished.getFinishedSpanItems())
        .extracting(SpanData::getTraceId)
        .containsOnly(TRACE);
    assertThat(named("process " + log.names().log()))
        .extracting(span -> span.getAttributes().get(DISPOSITION), SpanData::getStatus)
        .containsExactly(tuple("apply", StatusData.error()), tuple("refused", StatusData.unset()));
  }

  @Test
  void a_write_of_several_is_in_a_trace_that_is_sampled_and_linked_to_all_of_them() {
    log.publishRaw(List.of(traced("m1", "00"), traced("m2", "01"), traced("m3", "01")));
    try (ViewApplication view = view(traces)) {
      view.start();
      await().atMost(PATIENCE).until(() -> named("write relational").size() == 1);
    }
    List<SpanData> processed = named("process " + log.names().log());
    assertThat(processed).hasSize(2);
    SpanData write = named("write relational").get(0);
    assertThat(write.getTraceId()).isEqualTo(TRACE);
    assertThat(write.getLinks())
        .extracting(link -> link.getSpanContext().getSpanId())
        .containsExactlyInAnyOrderElementsOf(processed.stream().map(SpanData::getSpanId).toList());
  }

  @Test
  void nobody_traces_unless_told_to() {
    log.publishRaw(List.of(traced("m1", "01")));
    try (ViewApplication view = view(OpenTelemetry.noop());
        MemoryLog client = MemoryLog.open(config())) {
      view.start();
      client.append(Events.recorded("m2", "text"));
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(applied()).isEqualTo(log.ends()));
    }
    assertThat(finished.getFinishedSpanItems()).isEmpty();
  }

  private ViewApplication view(OpenTelemetry openTelemetry) {
    return new ViewApplication(
        new RelationalProjector(PostgresFixture.server(), log.names()),
        log.reader(),
        log.config(),
        new SimpleMeterRegistry(),
        openTelemetry);
  }

  private MemoryLogConfig config() {
    return MemoryLogConfig.of(
            Objects.requireNonNull(log.kafka().get("bootstrap.servers")), log.registryUrl())
        .withNames(log.names());
  }

  private ProducerRecord<byte[], byte[]> traced(String memory, String flags) {
    return with(log.record(Events.recorded(memory, "text")), flags);
  }

  private static ProducerRecord<byte[], byte[]> with(
      ProducerRecord<byte[], byte[]> record, String flags) {
    String parent = "00-%s-00f067aa0ba902b7-%s".formatted(TRACE, flags);
    record.headers().add("traceparent", parent.getBytes(UTF_8));
    return record;
  }

  private List<Long> applied() {
    try (RelationalProjector reader =
        new RelationalProjector(PostgresFixture.server(), log.names())) {
      return log.positions(reader);
    }
  }

  private List<SpanData> named(String name) {
    return finished.getFinishedSpanItems().stream()
        .filter(span -> span.getName().equals(name))
        .toList();
  }
}
