package dev.driftless.projectors.cache;

import java.util.Arrays;
import java.util.List;

/** One Redis command that changes one key. */
record Write(String command, String key, List<String> arguments) {

  /** Numbers in plain decimals. */
  static Write of(String command, String key, Object... arguments) {
    return new Write(command, key, Arrays.stream(arguments).map(Object::toString).toList());
  }

  /** Never what it writes. */
  @Override
  public String toString() {
    return command + " " + key;
  }
}
