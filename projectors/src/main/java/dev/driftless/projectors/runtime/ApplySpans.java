package dev.driftless.projectors.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.projectors.LogRecord;
import dev.driftless.schemas.Names;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What a view does with events whose publishers trace. For each try to apply one there is a span in
 * its publisher's trace, until the store has acknowledged or refused it; and one of the call of the
 * store, which may be for many events: a child of the first one's, linked to all.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/messaging/kafka/">OpenTelemetry's
 *     conventions for Kafka</a>
 */
final class ApplySpans {

  private static final TextMapGetter<Headers> HEADERS =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Headers headers) {
          return Arrays.stream(headers.toArray()).map(Header::key).toList();
        }

        @Override
        public @Nullable String get(@Nullable Headers headers, String name) {
          Header header = headers == null ? null : headers.lastHeader(name);
          return header == null || header.value() == null
              ? null
              : new String(header.value(), UTF_8);
        }
      };

  private final Tracer tracer;
  private final TextMapPropagator propagator;
  private final String view;
  private final String topic;
  private final String group;

  /** A record and the context that its publisher gave it. */
  record Traced(LogRecord event, Context publisher) {}

  ApplySpans(OpenTelemetry openTelemetry, Names names, String view) {
    this.tracer = openTelemetry.getTracer("dev.driftless.projectors");
    this.propagator = openTelemetry.getPropagators().getTextMapPropagator();
    this.view = names.generation(view);
    this.topic = names.log();
    this.group = names.group(view);
  }

  /** The publisher's context; null if it gave none, does not sample it, or nobody traces here. */
  @Nullable Context publisher(Headers headers) {
    if (propagator.fields().isEmpty()) {
      return null;
    }
    Context context = propagator.extract(Context.root(), headers, HEADERS);
    return Span.fromContext(context).getSpanContext().isSampled() ? context : null;
  }

  /** Calls the store with these events among others; what it throws is thrown on. */
  void during(List<Traced> events, Runnable call) {
    if (events.isEmpty()) {
      call.run();
      return;
    }
    List<Span> applied = events.stream().map(this::apply).toList();
    Span write = write(applied);
    try (Scope ignored = write.makeCurrent()) {
      call.run();
    } catch (RuntimeException e) {
      failed(write, e);
      applied.forEach(span -> failed(span, e));
      throw e;
    } finally {
      write.end();
      applied.forEach(Span::end);
    }
  }

  private Span apply(Traced traced) {
    LogRecord event = traced.event();
    return tracer
        .spanBuilder("process " + topic)
        .setParent(traced.publisher())
        .setSpanKind(SpanKind.CONSUMER)
        .setAttribute("messaging.system", "kafka")
        .setAttribute("messaging.operation.name", "process")
        .setAttribute("messaging.operation.type", "process")
        .setAttribute("messaging.destination.name", topic)
        .setAttribute("messaging.destination.partition.id", Integer.toString(event.partition()))
        .setAttribute("messaging.kafka.offset", event.offset())
        .setAttribute("messaging.consumer.group.name", group)
        .setAttribute("driftless.view", view)
        .setAttribute("driftless.disposition", ViewMeters.tag(event.disposition()))
        .startSpan();
  }

  private Span write(List<Span> applied) {
    SpanBuilder write =
        tracer
            .spanBuilder("write " + view)
            .setParent(Context.root().with(applied.get(0)))
            .setSpanKind(SpanKind.CLIENT)
            .setAttribute("driftless.view", view)
            .setAttribute("messaging.batch.message_count", applied.size());
    applied.forEach(span -> write.addLink(span.getSpanContext()));
    return write.startSpan();
  }

  private static void failed(Span span, RuntimeException e) {
    span.setAttribute("error.type", e.getClass().getName()).setStatus(StatusCode.ERROR);
  }
}
