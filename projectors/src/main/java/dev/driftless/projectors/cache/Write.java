package dev.driftless.projectors.cache;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** One Redis command that changes one key. */
record Write(String command, String key, List<String> arguments) {

  /** Numbers in plain decimals. */
  static Write of(String command, String key, Object... arguments) {
    List<String> texts = new ArrayList<>(arguments.length);
    for (Object argument : arguments) {
      texts.add(argument.toString());
    }
    return new Write(command, key, Collections.unmodifiableList(texts));
  }

  /** Never what it writes. */
  @Override
  public String toString() {
    return command + " " + key;
  }
}
