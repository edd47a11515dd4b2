package dev.driftless.bench.chaos.check;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/** Tables in the schema {@code driftless_context}, and the ready document of each subject. */
final class ContextView implements CheckedView {

  private static final int RECENT = 20;

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
    facts.putAll(tables.read("documents", "tenant", "subject"));
    return facts;
  }

  private static void apply(Map<String, Subject> subjects, LoggedRecord r) {
    boolean speaksOfContext =
        r.type().matches("Memory(Recorded|Revised|Forgotten)|ToolCall.*|Pattern.*");
    if (!speaksOfContext) {
      return;
    }
    Subject of = subjects.computeIfAbsent(r.whose(), w -> new Subject(r));
    of.last = r;
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
    private LoggedRecord last;

    Subject(LoggedRecord first) {
      this.last = first;
    }

    void tell(String whose, Map<String, Fact> facts) {
      patterns.forEach(
          (id, learned) -> facts.put("patterns " + whose + "/" + id, pattern(learned)));
      memories.forEach((id, r) -> facts.put("memories " + whose + "/" + id, memory(r)));
      calls.forEach((id, r) -> facts.put("open_tool_calls " + whose + "/" + id, call(r)));
      facts.put("documents " + whose, document());
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

    private Fact document() {
      List<LoggedRecord> recent =
          memories.values().stream()
              .sorted(Comparator.comparingLong(LoggedRecord::offset).reversed())
              .limit(RECENT)
              .toList();
      ObjectNode document = Http.JSON.createObjectNode();
      document.put("tenant", last.text("tenant")).put("subject", last.text("subject"));
      add(document, "patterns", patternsByConfidence(), Subject::patternEntry);
      add(document, "recentMemories", recent, Subject::memoryEntry);
      add(document, "openToolCalls", callsInOrder(), Subject::callEntry);
      Long expiresAt =
          recent.stream()
              .map(r -> (Long) r.payload().get("expiresAt"))
              .filter(Objects::nonNull)
              .min(Comparator.naturalOrder())
              .orElse(null);
      return Fact.of(
          last.offset(),
          "document",
          document,
          "expires_at",
          expiresAt,
          "log_partition",
          last.partition());
    }

    private List<List<LoggedRecord>> patternsByConfidence() {
      return patterns.values().stream()
          .sorted(
              Comparator.comparingDouble(
                      (List<LoggedRecord> p) ->
                          -(Double) p.get(p.size() - 1).payload().get("confidence"))
                  .thenComparing(p -> p.get(0).payloadText("patternId")))
          .toList();
    }

    private List<LoggedRecord> callsInOrder() {
      return calls.values().stream()
          .sorted(Comparator.comparingLong(LoggedRecord::offset))
          .toList();
    }

    private static <T> void add(
        ObjectNode document, String name, List<T> of, Function<T, ObjectNode> entry) {
      of.forEach(one -> document.withArray(name).add(entry.apply(one)));
      document.withArray(name);
    }

    private static ObjectNode patternEntry(List<LoggedRecord> learned) {
      LoggedRecord r = learned.get(learned.size() - 1);
      ObjectNode entry =
          Http.JSON
              .createObjectNode()
              .put("patternId", r.payloadText("patternId"))
              .put("statement", r.payloadText("statement"))
              .put("confidence", (Double) r.payload().get("confidence"))
              .put("reinforcements", learned.size())
              .put("learnedAt", Plain.iso(learned.get(0).logMs()))
              .put("reinforcedAt", Plain.iso(r.logMs()));
      ((List<?>) r.payload().get("evidence"))
          .forEach(id -> entry.withArray("evidence").add(id.toString()));
      entry.withArray("evidence");
      return entry;
    }

    private static ObjectNode memoryEntry(LoggedRecord r) {
      ObjectNode entry =
          Http.JSON
              .createObjectNode()
              .put("memoryId", r.payloadText("memoryId"))
              .put("kind", r.payloadText("kind"))
              .put("text", r.payloadText("text"))
              .put("rememberedAt", Plain.iso(r.logMs()))
              .put("expiresAt", Plain.iso(r.payload().get("expiresAt")));
      ObjectNode attributes = entry.putObject("attributes");
      ((Map<?, ?>) r.payload().get("attributes"))
          .forEach((name, value) -> attributes.put(name.toString(), value.toString()));
      return entry;
    }

    private static ObjectNode callEntry(LoggedRecord r) {
      return Http.JSON
          .createObjectNode()
          .put("session", r.text("session"))
          .put("toolCallId", r.payloadText("toolCallId"))
          .put("tool", r.payloadText("tool"))
          .put("arguments", r.payloadText("arguments"))
          .put("agent", r.text("agent"))
          .put("intendedAt", Plain.iso(r.logMs()));
    }
  }
}
