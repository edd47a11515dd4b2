package dev.driftless.bench.faults;

import java.util.Locale;

/** What an action is stored in, in the order in which the ways without a log write. */
public enum Store {
  /** Qdrant. */
  VECTOR,
  /** A table in PostgreSQL. */
  RELATIONAL,
  /** Redis. */
  CACHE,
  /** Kafka. */
  LOG,
  /** A table in PostgreSQL. */
  AUDIT,
  /** A table in PostgreSQL. */
  CONTEXT;

  /** In lower case, as for people. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
