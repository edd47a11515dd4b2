package dev.driftless.cli;

import dev.driftless.cli.ChatJson.Message;
import dev.driftless.cli.ChatJson.ToolCall;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.Role;
import dev.driftless.events.SessionEnded;
import dev.driftless.events.SessionStarted;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallIntended;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One session a line, see {@link ChatJson}. All ids follow from the place of what they name, so
 * that publishing the same file again changes nothing:
 *
 * <table>
 *   <caption>S is the session, i the index of the message from 0</caption>
 *   <tr><th>event</th><th>eventId</th><th>its own id</th></tr>
 *   <tr><td>SessionStarted, SessionEnded</td><td>{@code S/start}, {@code S/end}</td><td></td></tr>
 *   <tr><td>MessageAppended</td><td>{@code S/i/message}</td><td>{@code i}</td></tr>
 *   <tr><td>ToolCallIntended, the k-th of its message</td><td>{@code S/i/intent/k}</td>
 *       <td>the provider's; its n-th use in the session adds {@code #n}, from {@code #2}</td></tr>
 *   <tr><td>ToolCallCompleted</td><td>{@code S/i/completed}</td>
 *       <td>of the latest intent with the provider's id that has no answer yet</td></tr>
 *   <tr><td>MemoryRecorded</td><td>{@code S/i/memory}</td><td>{@code S/i}</td></tr>
 * </table>
 *
 * <p>{@code occurredAt} is the line's if it has one, else the moment of the import. That differs
 * when a file is published again, which is harmless: the second event is ignored by its id.
 */
final class OpenAiChatImport implements EventImport {

  private final Remember remember;
  private final Clock clock;
  private final Set<List<String>> sessions = new HashSet<>();

  OpenAiChatImport(Remember remember, Clock clock) {
    this.remember = remember;
    this.clock = clock;
  }

  @Override
  public List<MemoryEvent> read(String line) {
    ChatJson chat = ChatJson.read(line);
    if (!sessions.add(List.of(chat.tenant(), chat.subject(), chat.session()))) {
      throw new ImportException(
          "session: '%s' was on an earlier line, so its events would be taken for the same ones"
              .formatted(chat.session()));
    }
    return new Session(chat).events();
  }

  /** The events of one line. */
  private final class Session {

    private final ChatJson chat;
    private final Instant occurredAt;
    private final List<MemoryEvent> events = new ArrayList<>();
    private final Set<String> usedIds = new HashSet<>();
    private final Map<String, Deque<Intent>> unanswered = new HashMap<>();

    Session(ChatJson chat) {
      this.chat = chat;
      Instant time = chat.occurredAt() == null ? clock.instant() : chat.occurredAt();
      this.occurredAt = time.truncatedTo(ChronoUnit.MILLIS);
    }

    List<MemoryEvent> events() {
      add("start", null, new SessionStarted(Map.of()));
      for (int i = 0; i < chat.messages().size(); i++) {
        addMessage(i, chat.messages().get(i));
      }
      add("end", null, new SessionEnded(null));
      return events;
    }

    private void addMessage(int i, Message message) {
      Intent answered = answered(message);
      List<Intent> intents = intents(i, message);
      String id = Integer.toString(i);
      String answers = answered == null ? message.answers() : answered.toolCallId();
      add(
          i + "/message",
          null,
          new MessageAppended(
              id,
              message.role(),
              message.content(),
              intents.stream().map(Intent::toolCallId).toList(),
              answers));
      for (Intent intent : intents) {
        ToolCall call = intent.call();
        add(
            intent.what(),
            eventId(i + "/message"),
            new ToolCallIntended(intent.toolCallId(), call.tool(), call.arguments()));
      }
      if (answered != null) {
        addAnswer(i, answered, message.content());
      }
      addMemory(i, message);
    }

    private void addAnswer(int i, Intent answered, @Nullable String result) {
      ToolCall call = answered.call();
      add(
          i + "/completed",
          eventId(answered.what()),
          new ToolCallCompleted(
              answered.toolCallId(), call.tool(), call.arguments(), result == null ? "" : result));
    }

    private void addMemory(int i, Message message) {
      String text = message.content();
      if (text == null || text.isBlank() || !remember.includes(message.role())) {
        return;
      }
      Map<String, String> attributes =
          Map.of("messageId", Integer.toString(i), "role", message.role().name());
      add(
          i + "/memory",
          eventId(i + "/message"),
          new MemoryRecorded(
              eventId(Integer.toString(i)), MemoryKind.EPISODIC, text, attributes, null, null));
    }

    private List<Intent> intents(int i, Message message) {
      List<Intent> intents = new ArrayList<>();
      for (ToolCall call : message.toolCalls()) {
        Intent intent = new Intent(unusedId(call.id()), i + "/intent/" + intents.size(), call);
        unanswered.computeIfAbsent(call.id(), id -> new ArrayDeque<>()).push(intent);
        intents.add(intent);
      }
      return intents;
    }

    /** Null if the message answers nothing that the session asked for. */
    private @Nullable Intent answered(Message message) {
      Deque<Intent> open = unanswered.get(message.answers() == null ? "" : message.answers());
      return message.role() == Role.TOOL && open != null ? open.poll() : null;
    }

    private String unusedId(String provided) {
      String id = provided;
      for (int n = 2; !usedIds.add(id); n++) {
        id = provided + "#" + n;
      }
      return id;
    }

    private void add(String what, @Nullable String causationId, Object payload) {
      events.add(
          MemoryEvent.newBuilder()
              .setEventId(eventId(what))
              .setOccurredAt(occurredAt)
              .setTenant(chat.tenant())
              .setSubject(chat.subject())
              .setAgent(chat.agent())
              .setSession(chat.session())
              .setCausationId(causationId)
              .setPayload(payload)
              .build());
    }

    private String eventId(String what) {
      return chat.session() + "/" + what;
    }
  }

  /**
   * @param what the end of the intent's eventId
   */
  private record Intent(String toolCallId, String what, ToolCall call) {}
}
