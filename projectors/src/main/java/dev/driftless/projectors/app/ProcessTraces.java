package dev.driftless.projectors.app;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Where the spans of a process go: nowhere, or where OpenTelemetry's own variables say. */
final class ProcessTraces implements AutoCloseable {

  /** Numbers go to Prometheus and logs to the output; spans alone are sent. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "otel.service.name", "driftless-projectors",
          "otel.exporter.otlp.protocol", "http/protobuf",
          "otel.metrics.exporter", "none",
          "otel.logs.exporter", "none",
          // a batch may have 2,000 events, and its spans come at once
          "otel.span.link.count.limit", "10000",
          "otel.bsp.max.queue.size", "16384");

  private final @Nullable OpenTelemetrySdk sdk;

  private ProcessTraces(@Nullable OpenTelemetrySdk sdk) {
    this.sdk = sdk;
  }

  static ProcessTraces open(ProjectorsConfig.Tracing config) {
    return new ProcessTraces(
        config.enabled()
            ? AutoConfiguredOpenTelemetrySdk.builder()
                .addPropertiesSupplier(() -> DEFAULTS)
                .disableShutdownHook()
                .build()
                .getOpenTelemetrySdk()
            : null);
  }

  OpenTelemetry openTelemetry() {
    return sdk == null ? OpenTelemetry.noop() : sdk;
  }

  /** Sends what was not sent yet, for at most a second: the process has to end. */
  @Override
  public void close() {
    if (sdk != null) {
      sdk.getSdkTracerProvider().shutdown().join(1, TimeUnit.SECONDS);
    }
  }
}
