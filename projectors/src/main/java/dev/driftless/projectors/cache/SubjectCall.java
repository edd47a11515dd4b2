package dev.driftless.projectors.cache;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One call of {@code apply.lua}, with some events of one subject in log order, or of {@code
 * repair.lua}.
 */
final class SubjectCall {

  private final Map<String, Integer> keys = new LinkedHashMap<>();
  private final List<String> arguments = new ArrayList<>();
  private int writes;

  /** What these keys hold the script knows without being told. */
  SubjectCall(List<String> keys, long epoch, long from) {
    keys.forEach(this::index);
    arguments.add(Long.toString(epoch));
    arguments.add(Long.toString(from));
  }

  void add(long offset, List<Write> event) {
    arguments.add(Long.toString(offset));
    arguments.add(Integer.toString(event.size()));
    add(event);
  }

  void add(List<Write> more) {
    for (Write write : more) {
      arguments.add(write.command());
      arguments.add(Integer.toString(index(write.key())));
      arguments.add(Integer.toString(write.arguments().size()));
      arguments.addAll(write.arguments());
    }
    writes += more.size();
  }

  int writes() {
    return writes;
  }

  ScriptCall call() {
    return new ScriptCall(List.copyOf(keys.keySet()), arguments);
  }

  private int index(String key) {
    return keys.computeIfAbsent(key, k -> keys.size() + 1);
  }
}
