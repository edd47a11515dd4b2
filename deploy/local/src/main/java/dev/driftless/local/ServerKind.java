package dev.driftless.local;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** The servers of a local stack. */
public enum ServerKind {
  KAFKA,
  REGISTRY,
  POSTGRES,
  REDIS,
  QDRANT;

  /** The name in messages, in {@code stack.json} and in file names below the home directory. */
  @JsonValue
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
