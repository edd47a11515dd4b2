package dev.driftless.bench.chaos.check;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tables in the schema {@code driftless_context}. */
final class ContextView implements CheckedView {

  private final Tables tables;

  ContextView(Stores stores) {
    this.tables = new Tables(stores, "driftless_context");
  }

  @Override
  public String name() {
    return "context";
  }

  @Override
  public Map<String, Fact> expected(List<LoggedRecord> log) {
    Map<String, Subject> subjects = new LinkedHashMap<>();
    for (LoggedRecord r : log) {
      if (r.outcome() == Outcome.APPLIED) {
        apply(subjects, r);
      }
    }
    Map<String, Fact> facts = new LinkedHashMap<>();
    subjects.forEach((whose, subject) -> subject.tell(whose, facts));
    return facts;
  }

  @Override
  public Map<String, Fact> held() throws SQLException {
    Map<String, Fact> facts = new LinkedHashMap<>();
    facts.putAll(tables.read("patterns", "tenant", "subject", "pattern_id"));
    facts.putAll(tables.read("memories", "tenant", "subject", "memory_id"));
    facts.putAll(tables.read("open_tool_calls", "tenant", "subject", "session", "tool_call_id"));
    return facts;
  }

  private static void apply(Map<String, Subject> subjects, LoggedRecord r) {
    boolean speaksOfContext =
        r.type().matches("Memory(Recorded|Revised|Forgotten)|ToolCall.*|Pattern.*");
    if (!speaksOfContext) {
      return;
    }
    Subject of = subjects.computeIfAbsent(r.whose(), w -> new Subject());
    switch (r.type()) {
      case "MemoryRecorded", "MemoryRevised" -> of.memories.put(r.payloadText("memoryId"), r);
      case "MemoryForgotten" -> of.memories.remove(r.payloadText("memoryId"));
      case "PatternLearned" ->
          of.patterns.computeIfAbsent(r.payloadText("patternId"), p -> new ArrayList<>()).add(r);
      case "PatternRetired" -> of.patterns.remove(r.payloadText("patternId"));
      case "ToolCallIntended" -> of.calls.put(call(r), r);
      default -> of.calls.remove(call(r));
    }
  }

  private static String call(LoggedRecord r) {
    return r.text("session") + "/" + r.payloadText("toolCallId");
  }

  /** What is known of one subject. */
  private static final class Subject {

    private final Map<String, List<LoggedRecord>> patterns = new LinkedHashMap<>();
    private final Map<String, LoggedRecord> memories = new LinkedHashMap<>();
    private final Map<String, LoggedRecord> calls = new LinkedHashMap<>();

    void tell(String whose, Map<String, Fact> facts) {
      patterns.forEach(
          (id, learned) -> facts.put("patterns " + whose + "/" + id, pattern(learned)));
      memories.forEach((id, r) -> facts.put("memories " + whose + "/" + id, memory(r)));
      calls.forEach((id, r) -> facts.put("open_tool_calls " + whose + "/" + id, call(r)));
    }

    private static Fact pattern(List<LoggedRecord> learned) {
      LoggedRecord r = learned.get(learned.size() - 1);
      return Fact.of(
          r.offset(),
          "statement",
          r.payload().get("statement"),
          "confidence",
          r.payload().get("confidence"),
          "evidence",
          r.payload().get("evidence"),
          Fact.COUNT,
          learned.size(),
          "learned_at",
          learned.get(0).logMs(),
          "reinforced_at",
          r.logMs(),
          "log_partition",
          r.partition());
    }

    private static Fact memory(LoggedRecord r) {
      return Fact.of(
          r.offset(),
          "kind",
          r.payload().get("kind"),
          "text",
          r.payload().get("text"),
          "attributes",
          r.payload().get("attributes"),
          "remembered_at",
          r.logMs(),
          "expires_at",
          r.payload().get("expiresAt"),
          "log_partition",
          r.partition());
    }

    private static Fact call(LoggedRecord r) {
      return Fact.of(
          r.offset(),
          "tool",
          r.payload().get("tool"),
          "arguments",
          r.payload().get("arguments"),
          "agent",
          r.text("agent"),
          "intended_at",
          r.logMs(),
          "log_partition",
          r.partition());
    }
  }
}
