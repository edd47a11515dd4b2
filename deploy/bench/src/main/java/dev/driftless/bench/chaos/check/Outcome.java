package dev.driftless.bench.chaos.check;

import java.util.Locale;

/** What a record of the log means for the views. */
enum Outcome {
  APPLIED,
  DUPLICATE,
  FORGOTTEN,
  REFUSED;

  /** The word of the audit view. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
