package dev.driftless.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.driftless.reconciler.Divergence;
import dev.driftless.reconciler.Divergence.State;
import dev.driftless.reconciler.RepairReport;
import dev.driftless.reconciler.Report;
import dev.driftless.reconciler.ReportJson;
import dev.driftless.reconciler.ViewReport;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the reconciler found and did, as tables for people or one object for programs. */
final class ReportTables {

  private final Output output;
  private final int most;

  /**
   * @param most divergences that are shown, of all views
   */
  ReportTables(Output output, int most) {
    this.output = output;
    this.most = most;
  }

  void print(Report report) {
    output.table(
        "checked",
        report.views(),
        new Table(
            "view",
            "keys",
            "verified through",
            "divergences",
            "dead letters",
            "rows examined",
            "rows sent",
            "took"),
        view ->
            Output.cells(
                view.view(),
                view.compared(),
                verified(view.verifiedTo()),
                view.unknown() == null ? view.divergenceCount() : "not known",
                view.deadLetters().size(),
                view.cost().examined(),
                view.cost().sent(),
                Output.seconds(view.took())));
    divergences("divergences", all(report, ViewReport::divergences), count(report));
    List<Divergence> letters = all(report, ViewReport::deadLetters);
    if (!letters.isEmpty()) {
      output.table(
          "keys that differ since an event of theirs was set aside",
          letters.stream().limit(most).toList(),
          new Table("view", "key", "kind", "reason"),
          d -> Output.cells(d.view(), d.key(), word(d.kind()), d.deadLetter()));
    }
    for (ViewReport view : report.views()) {
      if (view.unknown() != null) {
        output.say("%s: could not be told: %s".formatted(view.view(), view.unknown()));
      }
    }
  }

  void print(List<RepairReport> repairs) {
    output.table(
        "repaired",
        repairs,
        new Table("view", "asked", "mended", "left", "export"),
        r -> Output.cells(r.view(), r.asked(), r.mended(), r.left().size(), name(r)));
    for (RepairReport repair : repairs) {
      if (repair.export() != null) {
        output.say("%s: what it held is in %s".formatted(repair.view(), repair.export()));
      }
      if (repair.refused() != null) {
        output.say("%s: %s".formatted(repair.view(), repair.refused()));
      }
    }
  }

  /**
   * @param after null if nothing was repaired
   */
  void json(Report before, List<RepairReport> repairs, @Nullable Report after) {
    output.json(
        () -> {
          ObjectNode answer = Output.object();
          answer.put("exitCode", (after == null ? before : after).exitCode());
          answer.set("report", ReportJson.of(before, most));
          ArrayNode repaired = answer.putArray("repairs");
          repairs.forEach(repair -> repaired.add(ReportJson.of(repair, most)));
          answer.set("after", after == null ? null : ReportJson.of(after, most));
          return answer;
        });
  }

  private void divergences(String name, List<Divergence> divergences, long count) {
    output.table(
        name,
        divergences.stream().limit(most).toList(),
        new Table("view", "key", "kind", "failure", "expected", "found"),
        d ->
            Output.cells(
                d.view(),
                d.key(),
                word(d.kind()),
                d.failure(),
                state(d.expected()),
                state(d.found())));
    long more = count - Math.min(most, divergences.size());
    if (more > 0) {
      output.people().println("and %,d more".formatted(more));
    }
  }

  private static List<Divergence> all(
      Report report, Function<ViewReport, List<Divergence>> ofView) {
    return report.views().stream().flatMap(view -> ofView.apply(view).stream()).toList();
  }

  private static long count(Report report) {
    return report.views().stream().mapToLong(ViewReport::divergenceCount).sum();
  }

  /** By partition, in their order. */
  private static String verified(Map<Integer, Long> positions) {
    return positions.values().stream().map(Object::toString).collect(Collectors.joining(" "));
  }

  private static String state(@Nullable State state) {
    if (state == null) {
      return "nothing";
    }
    return state.offset() < 0 ? state.hash() : "@%d %s".formatted(state.offset(), state.hash());
  }

  private static @Nullable String name(RepairReport repair) {
    return repair.export() == null ? null : repair.export().getFileName().toString();
  }

  private static String word(Enum<?> kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }
}
