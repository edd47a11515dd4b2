package dev.driftless.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * A span of each append, from the call until the broker acknowledges it, and its context in the
 * record's headers, so that projectors go on with the trace.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/messaging/kafka/">OpenTelemetry's
 *     conventions for Kafka</a>
 */
final class AppendSpans {

  private final boolean traces;
  private final Tracer tracer;

  AppendSpans(OpenTelemetry openTelemetry) {
    this.traces = openTelemetry != OpenTelemetry.noop();
    this.tracer = openTelemetry.getTracer("dev.driftless.producer");
  }

  /**
   * A child of the caller's span, if there is one; of a log that is opened without tracing none,
   * and then the record gets no header.
   */
  Span begin(String eventId, ProducerRecord<byte[], byte[]> record) {
    if (!traces) {
      return Span.getInvalid();
    }
    Span span =
        tracer
            .spanBuilder("send " + record.topic())
            .setSpanKind(SpanKind.PRODUCER)
            .setAttribute("messaging.system", "kafka")
            .setAttribute("messaging.operation.name", "send")
            .setAttribute("messaging.operation.type", "send")
            .setAttribute("messaging.destination.name", record.topic())
            .setAttribute("messaging.message.id", eventId)
            .startSpan();
    // this alone: baggage may hold what must not stay in the log for ever
    W3CTraceContextPropagator.getInstance()
        .inject(
            Context.current().with(span),
            record,
            (to, name, value) -> to.headers().add(name, value.getBytes(UTF_8)));
    return span;
  }

  static void acknowledged(Span span, RecordMetadata at) {
    if (span.isRecording()) {
      span.setAttribute("messaging.destination.partition.id", Integer.toString(at.partition()))
          .setAttribute("messaging.kafka.offset", at.offset());
    }
    span.end();
  }

  static void failed(Span span, Exception e) {
    span.setAttribute("error.type", e.getClass().getName()).setStatus(StatusCode.ERROR).end();
  }
}
