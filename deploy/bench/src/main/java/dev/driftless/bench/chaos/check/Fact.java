package dev.driftless.bench.chaos.check;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a view holds, or should.
 *
 * @param offset of the event that it shows; 0 where it does not say
 * @param sequence where it is a list: its entries; else empty
 * @param fields what it says; absent values are left out
 */
record Fact(long offset, List<String> sequence, SortedMap<String, String> fields) {

  /** A count: more of it than the log says means that something was done twice. */
  static final String COUNT = "reinforcements";

  /**
   * @param namesAndValues name, value, name, value; null values are left out
   */
  static Fact of(long offset, @Nullable Object... namesAndValues) {
    SortedMap<String, String> fields = new TreeMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (namesAndValues[i + 1] != null) {
        fields.put(String.valueOf(namesAndValues[i]), Plain.of(namesAndValues[i + 1]));
      }
    }
    return new Fact(offset, List.of(), fields);
  }

  static Fact of(List<String> sequence) {
    return new Fact(0, List.copyOf(sequence), Collections.emptySortedMap());
  }

  Fact with(String field, String value) {
    SortedMap<String, String> more = new TreeMap<>(fields);
    more.put(field, value);
    return new Fact(offset, sequence, more);
  }

  String field(String name) {
    return fields.getOrDefault(name, "");
  }

  /** How this is wrong where {@code expected} should be; null if it is right. */
  @Nullable Wrong comparedWith(Fact expected) {
    if (equals(expected)) {
      return null;
    }
    if (offset != expected.offset) {
      return offset < expected.offset ? Wrong.STALE : Wrong.CORRUPT;
    }
    if (!sequence.equals(expected.sequence)) {
      return sequenceComparedWith(expected.sequence);
    }
    if (!field(COUNT).equals(expected.field(COUNT))) {
      return count() > expected.count() ? Wrong.DUPLICATED : Wrong.LOST;
    }
    return Wrong.CORRUPT;
  }

  /** Names of the fields that differ; never what they hold. */
  List<String> differingFrom(Fact expected) {
    Set<String> names = new HashSet<>(fields.keySet());
    names.addAll(expected.fields.keySet());
    List<String> differing = new ArrayList<>(names);
    differing.removeIf(name -> field(name).equals(expected.field(name)));
    if (!sequence.equals(expected.sequence)) {
      differing.add(
          "%d entries instead of %d".formatted(sequence.size(), expected.sequence.size()));
    }
    Collections.sort(differing);
    return differing;
  }

  private Wrong sequenceComparedWith(List<String> expected) {
    Set<String> distinct = new HashSet<>(sequence);
    if (distinct.size() < sequence.size()) {
      return Wrong.DUPLICATED;
    }
    if (!distinct.containsAll(expected)) {
      return Wrong.LOST;
    }
    return sequence.size() > expected.size() ? Wrong.PHANTOM : Wrong.REORDERED;
  }

  private long count() {
    return field(COUNT).isEmpty() ? 0 : Long.parseLong(field(COUNT));
  }
}
