package dev.driftless.bench.chaos.check;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What Redis has to hold; for runs that are shorter than the sessions' time to live. */
final class CacheFold {

  private static final long SESSION_TTL_MS = Duration.ofHours(24).toMillis();
  private static final int MESSAGES = 50;

  private final Map<String, Fact> facts = new LinkedHashMap<>();
  private final Map<String, List<String>> messages = new LinkedHashMap<>();

  Map<String, Fact> facts() {
    Map<String, Fact> all = new LinkedHashMap<>(facts);
    messages.forEach((key, entries) -> all.put(key, Fact.of(entries)));
    return all;
  }

  void apply(LoggedRecord r) {
    String subject = "{" + r.whose() + "}:";
    switch (r.type()) {
      case "MemoryRecorded", "MemoryRevised" -> remember(subject, r);
      case "MemoryForgotten" -> {
        facts.remove(subject + "memory:" + r.payloadText("memoryId"));
        facts.remove(subject + "memories " + r.payloadText("memoryId"));
      }
      case "PatternLearned" -> learn(subject, r);
      case "PatternRetired" -> {
        facts.remove(subject + "patterns " + r.payloadText("patternId"));
        facts.remove(subject + "reinforcements " + r.payloadText("patternId"));
      }
      case "MemoryRecalled" -> {}
      default -> session(subject, r);
    }
  }

  private void remember(String subject, LoggedRecord r) {
    Object expiresAt = r.payload().get("expiresAt");
    String id = r.payloadText("memoryId");
    facts.put(
        subject + "memory:" + id,
        Fact.of(
            r.offset(),
            "kind",
            r.payload().get("kind"),
            "text",
            r.payload().get("text"),
            "attributes",
            json(r.payload().get("attributes")),
            "agent",
            r.text("agent"),
            "session",
            r.text("session"),
            "recordedAt",
            r.logMs(),
            "expiresAt",
            expiresAt));
    facts.put(
        subject + "memories " + id,
        Fact.of(0, "until", Objects.requireNonNullElse(expiresAt, "ever")));
  }

  private void learn(String subject, LoggedRecord r) {
    String id = r.payloadText("patternId");
    facts.put(
        subject + "patterns " + id,
        Fact.of(
            r.offset(),
            "statement",
            r.payload().get("statement"),
            "confidence",
            r.payload().get("confidence"),
            "evidence",
            r.payload().get("evidence"),
            "agent",
            r.text("agent"),
            "learnedAt",
            r.logMs()));
    facts.merge(
        subject + "reinforcements " + id,
        Fact.of(0, Fact.COUNT, 1),
        (before, once) -> Fact.of(0, Fact.COUNT, Long.parseLong(before.field(Fact.COUNT)) + 1));
  }

  private void session(String subject, LoggedRecord r) {
    String session = r.text("session");
    String key = subject + "session:" + session;
    if (r.type().equals("SessionEnded")) {
      facts.remove(key);
      facts.remove(subject + "sessions " + session);
      messages.remove(key + ":messages");
      facts.keySet().removeIf(k -> k.startsWith(key + ":open-tool-calls "));
      return;
    }
    long until = r.logMs() + SESSION_TTL_MS;
    facts.put(subject + "sessions " + session, Fact.of(0, "until", until));
    facts.put(
        key,
        Fact.of(
            r.offset(), "agent", r.text("agent"), "lastActivityAt", r.logMs(), "expiresAt", until));
    if (r.type().equals("MessageAppended")) {
      say(key + ":messages", r, until);
    } else if (r.type().startsWith("ToolCall")) {
      call(key + ":open-tool-calls " + r.payloadText("toolCallId"), r, until);
    }
  }

  private void say(String key, LoggedRecord r, long until) {
    Map<String, String> fields = new TreeMap<>();
    put(fields, "messageId", r.payload().get("messageId"));
    put(fields, "role", r.payload().get("role"));
    put(fields, "agent", r.text("agent"));
    put(fields, "content", r.payload().get("content"));
    put(fields, "toolCallIds", json(r.payload().get("toolCallIds")));
    put(fields, "toolCallId", r.payload().get("toolCallId"));
    put(fields, "expiresAt", until);
    List<String> said = messages.computeIfAbsent(key, k -> new ArrayList<>());
    said.add(r.logMs() + "-" + r.offset() + " " + fields);
    if (said.size() > MESSAGES) {
      said.remove(0);
    }
  }

  private void call(String key, LoggedRecord r, long until) {
    if (!r.type().equals("ToolCallIntended")) {
      facts.remove(key);
      return;
    }
    facts.put(
        key,
        Fact.of(
            r.offset(),
            "tool",
            r.payload().get("tool"),
            "arguments",
            r.payload().get("arguments"),
            "agent",
            r.text("agent"),
            "intendedAt",
            r.logMs(),
            "expiresAt",
            until));
  }

  private static void put(Map<String, String> fields, String name, @Nullable Object value) {
    if (value != null) {
      fields.put(name, value.toString());
    }
  }

  /** As the view writes lists and maps into one field. */
  private static String json(Object value) {
    if (value instanceof Map<?, ?> map) {
      Map<String, String> sorted = new TreeMap<>();
      map.forEach((name, v) -> sorted.put(name.toString(), v.toString()));
      return Http.JSON.valueToTree(sorted).toString();
    }
    return Http.JSON
        .valueToTree(((List<?>) value).stream().map(Object::toString).toList())
        .toString();
  }
}
