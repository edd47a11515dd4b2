package dev.driftless.local;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what a stack says. */
final class Lines implements Progress {
  private final List<String> said = new CopyOnWriteArrayList<>();

  @Override
  public void say(String line) {
    said.add(line);
  }

  List<String> said() {
    return said;
  }
}
