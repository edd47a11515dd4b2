package dev.driftless.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows under headings, in columns as wide as they need; numbers to the right, long text cut. */
final class Table {

  private static final int WIDEST = 72;

  private final List<String> headings;
  private final List<List<String>> rows = new ArrayList<>();

  Table(String... headings) {
    this.headings = List.of(headings);
  }

  Table row(@Nullable Object... cells) {
    List<String> row = new ArrayList<>();
    for (Object cell : cells) {
      row.add(text(cell));
    }
    rows.add(row);
    return this;
  }

  void print(PrintWriter out) {
    int[] widths = headings.stream().mapToInt(String::length).toArray();
    rows.forEach(
        row -> {
          for (int c = 0; c < widths.length; c++) {
            widths[c] = Math.max(widths[c], row.get(c).length());
          }
        });
    out.println(line(headings, widths));
    rows.forEach(row -> out.println(line(row, widths)));
    out.flush();
  }

  private static String line(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < widths.length; c++) {
      String cell = cells.get(c);
      String padding = " ".repeat(widths[c] - cell.length());
      boolean number = cell.matches("-?[0-9][0-9.,]*( m?s)?");
      line.append(number ? padding + cell : cell + padding).append("  ");
    }
    return line.toString().stripTrailing();
  }

  private static String text(@Nullable Object cell) {
    if (cell == null) {
      return "";
    }
    String text =
        cell instanceof Number n && !(cell instanceof Double)
            ? "%,d".formatted(n)
            : cell.toString();
    String oneLine = text.replaceAll("\\s+", " ");
    return oneLine.length() <= WIDEST ? oneLine : oneLine.substring(0, WIDEST - 1) + "…";
  }
}
