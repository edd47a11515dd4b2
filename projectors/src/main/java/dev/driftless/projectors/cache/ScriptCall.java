package dev.driftless.projectors.cache;

import java.util.Arrays;
import java.util.List;

/** What a script is called with. */
record ScriptCall(List<String> keys, List<String> arguments) {

  static ScriptCall of(String key, Object... arguments) {
    return new ScriptCall(List.of(key), Arrays.stream(arguments).map(Object::toString).toList());
  }
}
