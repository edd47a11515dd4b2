package dev.driftless.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.driftless.bench.performance.Bench;
import dev.driftless.bench.performance.BenchChart;
import dev.driftless.bench.performance.BenchPlan;
import dev.driftless.bench.performance.BenchReport;
import dev.driftless.bench.performance.Comparison;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code driftless bench}. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeOnExecutionException = 2,
    description = {
      "Measures how fast the parts are, on servers of its own, beside what the same servers can do without them and what is"
          + " used instead today.",
      "What is compared is measured in turns, and a ratio is the median of the rounds' ratios: look at those, on whatever"
          + " machine."
    },
    footer = {"", "Exit code: 0 it was measured, whether or not a bound holds; 2 it was not."})
final class BenchCommand implements Callable<Integer> {

  @Option(
      names = "--quick",
      description = "Shows in some minutes that everything runs; its figures say nothing.")
  private boolean quick;

  @Option(
      names = "--only",
      paramLabel = "PART",
      split = ",",
      completionCandidates = Parts.class,
      description =
          "Separated by commas, of ${COMPLETION-CANDIDATES}. Default: all, which takes hours.")
  private List<String> only = new ArrayList<>();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Of which each figure is the median (default: 5; with --quick 1).")
  private @Nullable Integer rounds;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Where to write the report too, after each part.")
  private @Nullable Path json;

  @Option(names = "--chart", paramLabel = "FILE", description = "Where to draw the ratios, as SVG.")
  private @Nullable Path chart;

  @Spec private CommandSpec spec = CommandSpec.create();

  private @Nullable BenchReport measured;

  /** For the help. */
  static final class Parts implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Bench.parts().iterator();
    }
  }

  @Override
  public Integer call() throws Exception {
    List<String> parts = only.isEmpty() ? Bench.parts() : only;
    if (!Bench.parts().containsAll(parts)) {
      throw new ParameterException(
          spec.commandLine(),
          "--only: expected some of %s, found %s"
              .formatted(String.join(",", Bench.parts()), String.join(",", parts)));
    }
    checkWritable("--json", json);
    checkWritable("--chart", chart);
    PrintWriter err = spec.commandLine().getErr();
    try {
      Bench.run(
          plan(),
          parts,
          line -> {
            err.println(line);
            err.flush();
          },
          this::keep);
    } finally {
      if (measured != null) {
        print(measured);
      }
    }
    return 0;
  }

  /** What took hours is not lost if what comes next fails. */
  private void keep(BenchReport report) {
    measured = report;
    try {
      write(json, JsonMapper.builder().build().writeValueAsString(report));
      write(chart, BenchChart.svg(report));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void checkWritable(String option, @Nullable Path file) {
    if (file == null) {
      return;
    }
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null
        || Files.isDirectory(file)
        || !Files.isWritable(Files.exists(file) ? file : directory)) {
      throw new ParameterException(
          spec.commandLine(), "%s: no file can be written at %s".formatted(option, file));
    }
  }

  private BenchPlan plan() {
    BenchPlan plan = quick ? BenchPlan.QUICK : BenchPlan.FULL;
    if (rounds == null) {
      return plan;
    }
    try {
      return plan.withRounds(rounds);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage());
    }
  }

  private static void write(@Nullable Path file, String content) throws IOException {
    if (file != null) {
      Files.writeString(file, content);
    }
  }

  private void print(BenchReport report) {
    PrintWriter out = spec.commandLine().getOut();
    Table table =
        new Table("part", "measured", "", "unit", "beside", "", "ratio", "must be", "it is");
    for (Comparison c : report.comparisons()) {
      table.row(
          Output.cells(
              c.part(),
              c.what(),
              Comparison.number(c.value()),
              c.unit(),
              c.beside(),
              c.other() == null ? "" : Comparison.number(c.other()),
              c.bound() == null && c.ratio() == null ? "" : "%.2f".formatted(c.judged()),
              c.bound() == null ? "" : c.bound(),
              c.holds() == null ? "" : c.holds() ? "so" : "not so"));
    }
    out.println();
    table.print(out);
    out.println();
    out.printf(
        "%,d events, five times as many published, half where each brings a vector; medians of %d rounds, on %d cores.%n",
        report.plan().events(), report.plan().rounds(), report.cores());
    out.flush();
  }
}
