package dev.driftless.projectors.cache;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One call of {@code apply.lua}: some events of one subject, in log order. */
final class SubjectCall {

  private final Map<String, Integer> keys = new LinkedHashMap<>();
  private final List<String> arguments = new ArrayList<>();
  private int writes;

  SubjectCall(String position, String applied, long epoch, long from) {
    index(position);
    index(applied);
    arguments.add(Long.toString(epoch));
    arguments.add(Long.toString(from));
  }

  void add(long offset, List<Write> event) {
    arguments.add(Long.toString(offset));
    arguments.add(Integer.toString(event.size()));
    for (Write write : event) {
      arguments.add(write.command());
      arguments.add(Integer.toString(index(write.key())));
      arguments.add(Integer.toString(write.arguments().size()));
      arguments.addAll(write.arguments());
    }
    writes += event.size();
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
