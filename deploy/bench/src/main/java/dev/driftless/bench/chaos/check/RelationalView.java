package dev.driftless.bench.chaos.check;

import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Tables in the schema {@code driftless}. */
final class RelationalView implements CheckedView {

  private static final String[] OF_SESSION = {"tenant", "subject", "session"};

  private final Tables tables;

  RelationalView(Stores stores) {
    this.tables = new Tables(stores, "driftless");
  }

  @Override
  public String name() {
    return "relational";
  }

  @Override
  public Map<String, Fact> expected(List<LoggedRecord> log) {
    Map<String, Fact> facts = new LinkedHashMap<>();
    for (LoggedRecord r : log) {
      if (r.outcome() == Outcome.APPLIED) {
        apply(facts, r);
      }
    }
    return facts;
  }

  @Override
  public Map<String, Fact> held() throws SQLException {
    Map<String, Fact> facts = new LinkedHashMap<>();
    facts.putAll(tables.read("memories", "tenant", "subject", "memory_id"));
    facts.putAll(tables.read("memory_versions", "tenant", "subject", "memory_id", "log_offset"));
    facts.putAll(tables.read("sessions", OF_SESSION));
    facts.putAll(tables.read("messages", "tenant", "subject", "session", "message_id"));
    facts.putAll(tables.read("tool_calls", "tenant", "subject", "session", "tool_call_id"));
    facts.putAll(tables.read("past_sessions", "tenant", "subject", "session", "log_offset"));
    facts.putAll(
        tables.read("past_messages", "tenant", "subject", "session", "message_id", "log_offset"));
    facts.putAll(
        tables.read(
            "past_tool_calls", "tenant", "subject", "session", "tool_call_id", "log_offset"));
    facts.putAll(tables.read("checkpoints", "tenant", "subject", "session", "step"));
    return facts;
  }

  private static void apply(Map<String, Fact> facts, LoggedRecord r) {
    switch (r.type()) {
      case "MemoryRecorded", "MemoryRevised" -> {
        close(facts, r);
        remember(facts, r);
      }
      case "MemoryForgotten" -> {
        close(facts, r);
        facts.remove("memories " + r.whose() + "/" + r.payloadText("memoryId"));
      }
      case "SessionStarted" -> start(facts, r);
      case "SessionEnded" -> end(facts, r);
      case "MessageAppended" -> append(facts, r);
      case "CheckpointSaved" -> save(facts, r);
      case "ToolCallIntended", "ToolCallCompleted", "ToolCallFailed", "ToolCallCompensated" ->
          call(facts, r);
      default -> {
        // patterns and recalls are not in this view
      }
    }
  }

  /** The version that was valid until now. */
  private static void close(Map<String, Fact> facts, LoggedRecord r) {
    String prefix = "memory_versions " + r.whose() + "/" + r.payloadText("memoryId") + "/";
    facts.replaceAll(
        (key, version) ->
            key.startsWith(prefix) && version.field("valid_to_offset").isEmpty()
                ? version
                    .with("valid_to_offset", String.valueOf(r.offset()))
                    .with("valid_to", String.valueOf(r.logMs()))
                : version);
  }

  private static void remember(Map<String, Fact> facts, LoggedRecord r) {
    String id = r.whose() + "/" + r.payloadText("memoryId");
    Fact state =
        Fact.of(
            r.offset(),
            "kind",
            r.payload().get("kind"),
            "text",
            r.payload().get("text"),
            "attributes",
            r.payload().get("attributes"),
            "agent",
            r.text("agent"),
            "session",
            r.text("session"),
            "expires_at",
            r.payload().get("expiresAt"),
            "log_partition",
            r.partition());
    String now = String.valueOf(r.logMs());
    facts.put("memory_versions " + id + "/" + r.offset(), state.with("valid_from", now));
    Fact before = facts.get("memories " + id);
    String recorded = before == null ? now : before.field("recorded_at");
    facts.put("memories " + id, state.with("recorded_at", recorded).with("revised_at", now));
  }

  /** A new state; the one before is of the past from now on. */
  private static void replace(Map<String, Fact> facts, LoggedRecord r, String key, Fact state) {
    Fact before = facts.put(key, state);
    if (before != null) {
      facts.put(
          "past_" + key + "/" + before.offset(),
          before
              .with("valid_to_offset", String.valueOf(r.offset()))
              .with("valid_to", String.valueOf(r.logMs())));
    }
  }

  private static void start(Map<String, Fact> facts, LoggedRecord r) {
    replace(
        facts,
        r,
        "sessions " + r.whose() + "/" + r.text("session"),
        Fact.of(
            r.offset(),
            "agent",
            r.text("agent"),
            "attributes",
            r.payload().get("attributes"),
            "started_at",
            r.logMs(),
            "log_partition",
            r.partition()));
  }

  private static void end(Map<String, Fact> facts, LoggedRecord r) {
    String key = "sessions " + r.whose() + "/" + r.text("session");
    Fact before = facts.get(key);
    String startedAt = before == null ? "" : before.field("started_at");
    replace(
        facts,
        r,
        key,
        Fact.of(
            r.offset(),
            "agent",
            r.text("agent"),
            "attributes",
            before == null ? "{}" : before.field("attributes"),
            "started_at",
            startedAt.isEmpty() ? null : startedAt,
            "ended_at",
            r.logMs(),
            "end_reason",
            r.payload().get("reason"),
            "log_partition",
            r.partition()));
  }

  private static void append(Map<String, Fact> facts, LoggedRecord r) {
    replace(
        facts,
        r,
        "messages " + r.whose() + "/" + r.text("session") + "/" + r.payloadText("messageId"),
        Fact.of(
            r.offset(),
            "role",
            r.payload().get("role"),
            "content",
            r.payload().get("content"),
            "tool_call_ids",
            r.payload().get("toolCallIds"),
            "tool_call_id",
            r.payload().get("toolCallId"),
            "agent",
            r.text("agent"),
            "occurred_at",
            r.text("occurredAt"),
            "appended_at",
            r.logMs(),
            "log_partition",
            r.partition()));
  }

  private static void save(Map<String, Fact> facts, LoggedRecord r) {
    facts.put(
        "checkpoints " + r.whose() + "/" + r.text("session") + "/" + r.payloadText("step"),
        Fact.of(
            r.offset(),
            "state",
            r.payload().get("state"),
            "agent",
            r.text("agent"),
            "saved_at",
            r.logMs(),
            "log_partition",
            r.partition()));
  }

  /** A new intent begins the call anew; an outcome keeps what earlier ones said. */
  private static void call(Map<String, Fact> facts, LoggedRecord r) {
    String key =
        "tool_calls " + r.whose() + "/" + r.text("session") + "/" + r.payloadText("toolCallId");
    String status = r.type().substring("ToolCall".length()).toUpperCase(Locale.ROOT);
    Fact call =
        Fact.of(
            r.offset(),
            "tool",
            r.payload().get("tool"),
            "arguments",
            r.payload().get("arguments"),
            "status",
            status,
            "agent",
            r.text("agent"),
            "log_partition",
            r.partition());
    if (status.equals("INTENDED")) {
      replace(facts, r, key, call.with("intended_at", String.valueOf(r.logMs())));
      return;
    }
    Fact before = facts.get(key);
    if (before != null) {
      for (String kept : List.of("result", "error", "compensation", "intended_at")) {
        call = before.field(kept).isEmpty() ? call : call.with(kept, before.field(kept));
      }
    }
    String outcome =
        switch (status) {
          case "COMPLETED" -> "result";
          case "FAILED" -> "error";
          default -> "compensation";
        };
    replace(
        facts,
        r,
        key,
        call.with(outcome, r.payloadText(outcome)).with("settled_at", String.valueOf(r.logMs())));
  }
}
