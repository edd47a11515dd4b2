package dev.driftless.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.reconciler.Divergence.Kind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * One way to spoil a view.
 *
 * @param kind as which it must be found
 * @param key part of the key that must be named
 */
record Tampering(String view, String what, Kind kind, String key, Consumer<Stores> act) {

  /** Those of {@code tamperings.txt}. */
  static List<Tampering> inPostgres() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(Tampering.class.getResourceAsStream("tamperings.txt")),
                StandardCharsets.UTF_8))) {
      return lines.lines().filter(line -> !line.startsWith("#")).map(Tampering::parse).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return view + ": " + what;
  }

  private static Tampering parse(String line) {
    String[] parts = line.split(" \\| ", 5);
    return new Tampering(
        parts[0], parts[1], Kind.valueOf(parts[2]), parts[3], stores -> run(stores, parts));
  }

  private static void run(Stores stores, String[] parts) {
    boolean guarded = parts[0].equals("audit");
    if (guarded) {
      stores.sql("ALTER TABLE A.records DISABLE TRIGGER ALL");
    }
    assertThat(stores.sql(parts[4])).as(parts[4]).isNotZero();
    if (guarded) {
      stores.sql("ALTER TABLE A.records ENABLE TRIGGER ALL");
    }
  }
}
