package dev.driftless.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.driftless.events.Role;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One line of the {@code openai-chat} format, checked: a session of {@code {"tenant", "subject",
 * "agent", "session", "messages": […]}}, the messages as in OpenAI's chat completions. Fields that
 * are not ours to understand are passed over.
 *
 * @param occurredAt the line's {@code occurredAt} (ISO-8601) or {@code created_at} (seconds since
 *     1970), null if it has neither
 */
record ChatJson(
    String tenant,
    String subject,
    String agent,
    String session,
    @Nullable Instant occurredAt,
    List<Message> messages) {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final Map<String, Role> ROLES =
      Map.of(
          "system", Role.SYSTEM,
          "developer", Role.SYSTEM,
          "user", Role.USER,
          "assistant", Role.ASSISTANT,
          "tool", Role.TOOL);

  /**
   * One message.
   *
   * @param answers the provider's id of the tool call that this message answers
   */
  record Message(
      Role role, @Nullable String content, List<ToolCall> toolCalls, @Nullable String answers) {}

  /** One tool call that a message asks for; {@code id} is the provider's. */
  record ToolCall(String id, String tool, String arguments) {}

  /**
   * @throws ImportException naming the field
   */
  static ChatJson read(String line) {
    JsonNode root = tree(line);
    if (!root.isObject()) {
      throw new ImportException(
          "expected a JSON object with tenant, subject, agent, session and messages");
    }
    JsonNode messages = root.path("messages");
    if (!messages.isArray()) {
      throw new ImportException(
          "messages: " + (messages.isMissingNode() ? "missing" : "expected an array"));
    }
    List<Message> read = new ArrayList<>();
    for (JsonNode message : messages) {
      read.add(message(message, "messages[" + read.size() + "]"));
    }
    return new ChatJson(
        text(root, "tenant", ""),
        text(root, "subject", ""),
        text(root, "agent", ""),
        text(root, "session", ""),
        occurredAt(root),
        read);
  }

  private static JsonNode tree(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new ImportException("not JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static Message message(JsonNode node, String path) {
    String name = text(node, "role", path);
    Role role = ROLES.get(name);
    if (role == null) {
      throw new ImportException(
          at(path, "role") + ": expected one of " + ROLES.keySet().stream().sorted().toList());
    }
    List<ToolCall> calls = new ArrayList<>();
    for (JsonNode call : node.path("tool_calls")) {
      calls.add(toolCall(call, at(path, "tool_calls[" + calls.size() + "]")));
    }
    String answers = role == Role.TOOL ? text(node, "tool_call_id", path) : null;
    return new Message(role, content(node, path), calls, answers);
  }

  private static ToolCall toolCall(JsonNode node, String path) {
    JsonNode function = node.path("function");
    String inside = at(path, "function");
    JsonNode arguments = function.path("arguments");
    return new ToolCall(
        text(node, "id", path),
        text(function, "name", inside),
        arguments.isContainerNode() ? arguments.toString() : text(function, "arguments", inside));
  }

  /** A string, nothing, or parts of which each is a text. */
  private static @Nullable String content(JsonNode message, String path) {
    JsonNode content = message.path("content");
    if (content.isMissingNode() || content.isNull()) {
      return message.path("refusal").textValue();
    }
    if (!content.isArray()) {
      return text(message, "content", path);
    }
    List<String> parts = new ArrayList<>();
    for (JsonNode part : content) {
      String name = part.has("refusal") ? "refusal" : "text";
      parts.add(text(part, name, at(path, "content[" + parts.size() + "]")));
    }
    return String.join("\n", parts);
  }

  private static @Nullable Instant occurredAt(JsonNode root) {
    JsonNode seconds = root.path("created_at");
    try {
      if (root.hasNonNull("occurredAt")) {
        return Instant.parse(text(root, "occurredAt", ""));
      }
      return seconds.isNumber() ? Instant.ofEpochSecond(seconds.longValue()) : null;
    } catch (DateTimeParseException e) {
      throw new ImportException(
          "occurredAt: expected an ISO-8601 instant such as 2026-05-01T15:00:00Z", e);
    }
  }

  private static String text(JsonNode node, String field, String path) {
    JsonNode value = node.path(field);
    if (!value.isTextual()) {
      boolean isMissing = value.isMissingNode() || value.isNull();
      throw new ImportException(
          at(path, field) + ": " + (isMissing ? "missing" : "expected a string"));
    }
    return value.textValue();
  }

  private static String at(String path, String field) {
    return path.isEmpty() ? field : path + "." + field;
  }
}
