package dev.driftless.cli;

import dev.driftless.producer.LogTopic;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.audit.AuditedTopic;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;

/** The log, for commands that read it. */
final class EventLog {

  /** A person waits: a broker that does not answer is told of after this. */
  private static final Map<String, String> PATIENCE =
      Map.of("default.api.timeout.ms", "10000", "request.timeout.ms", "5000");

  private EventLog() {}

  /**
   * Makes sure that there is a log, and answers which.
   *
   * @throws IllegalStateException if there is none, or it is not fit to be one
   * @throws dev.driftless.producer.LogUnavailableException if no broker answers for 10 s
   */
  static LogTopic check(ProjectorsConfig config) {
    try (Admin admin = admin(config)) {
      return LogTopic.check(admin, config.names());
    }
  }

  /** The brokers' administration; the caller closes it. */
  static Admin admin(ProjectorsConfig config) {
    return Admin.create(settings(config));
  }

  /** Opens the log to read it; checks it first, as {@link #check}. */
  static AuditedTopic open(ProjectorsConfig config) {
    check(config);
    return AuditedTopic.open(settings(config), config.names().log());
  }

  private static Map<String, Object> settings(ProjectorsConfig config) {
    Map<String, Object> settings = new HashMap<>(PATIENCE);
    settings.putAll(config.kafka());
    return settings;
  }
}
