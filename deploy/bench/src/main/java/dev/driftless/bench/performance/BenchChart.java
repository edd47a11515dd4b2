package dev.driftless.bench.performance;

import dev.driftless.bench.performance.Comparison.Bound;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The report's ratios that a bound is set to, as bars. */
public final class BenchChart {

  private static final int WIDTH = 1300;
  private static final int LABEL = 960;
  private static final int ROW = 26;
  private static final int TOP = 50;

  /** Of a ratio, in each direction from 1: a thousandth to a thousand times. */
  private static final double DECADES = 3;

  private BenchChart() {}

  /** A drawing that stands for itself. */
  public static String svg(BenchReport report) {
    List<Comparison> rows = report.comparisons().stream().filter(c -> c.bound() != null).toList();
    StringBuilder svg = new StringBuilder();
    int height = TOP + rows.size() * ROW + 20;
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">%n",
            WIDTH,
            height));
    svg.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
    text(
        svg,
        10,
        20,
        "start",
        "Measured, as a multiple of what it is held against, if there is something (logarithmic).");
    text(svg, 10, 36, "start", "The tick is the bound: green bars keep it.");
    double one = x(1);
    for (double ratio : new double[] {0.01, 0.1, 1, 10, 100}) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<line x1=\"%1$.1f\" y1=\"%2$d\" x2=\"%1$.1f\" y2=\"%3$d\" stroke=\"#ddd\"/>%n",
              x(ratio),
              TOP - 6,
              height - 14));
      text(svg, x(ratio), height - 2, "middle", trimmed(ratio));
    }
    for (int i = 0; i < rows.size(); i++) {
      row(svg, rows.get(i), TOP + i * ROW, one);
    }
    return svg.append("</svg>\n").toString();
  }

  private static void row(StringBuilder svg, Comparison row, int y, double one) {
    double ratio = row.judged();
    Bound must = Objects.requireNonNull(row.bound());
    double at = x(ratio);
    String beside = row.beside().isEmpty() ? "" : " / " + row.beside();
    text(svg, LABEL - 190, y + 15, "end", row.part() + ": " + row.what() + beside);
    svg.append(
        String.format(
            Locale.ROOT,
            "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
            Math.min(one, at),
            y + 4,
            Math.max(1, Math.abs(at - one)),
            ROW - 10,
            Boolean.TRUE.equals(row.holds()) ? "#2e8b57" : "#c0504d"));
    tick(svg, must.least(), y);
    tick(svg, must.most(), y);
    text(svg, WIDTH - 10, y + 15, "end", "%.2f".formatted(ratio));
  }

  private static void tick(StringBuilder svg, @Nullable Double bound, int y) {
    if (bound != null) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<line x1=\"%1$.1f\" y1=\"%2$d\" x2=\"%1$.1f\" y2=\"%3$d\" stroke=\"black\" stroke-width=\"2\"/>%n",
              x(bound),
              y + 1,
              y + ROW - 3));
    }
  }

  private static double x(double ratio) {
    double middle = (LABEL - 180 + WIDTH - 60) / 2.0;
    double decade = (WIDTH - 60 - (LABEL - 180)) / 2.0 / DECADES;
    double log =
        Math.max(-DECADES, Math.min(DECADES, Math.log10(Math.max(ratio, Double.MIN_NORMAL))));
    return middle + log * decade;
  }

  private static String trimmed(double ratio) {
    return ratio >= 1 ? "%.0f".formatted(ratio) : String.valueOf(ratio);
  }

  private static void text(StringBuilder svg, double x, int y, String anchor, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>%n",
            x,
            y,
            anchor,
            text.replace("&", "&amp;").replace("<", "&lt;")));
  }
}
