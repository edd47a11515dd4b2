package dev.driftless.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Where an event is in the log. */
record LogPosition(int partition, long offset) {

  @Override
  public String toString() {
    return partition + ":" + offset;
  }

  /** From {@code partition:offset}. */
  static final class Parser implements ITypeConverter<LogPosition> {

    private static final Pattern FORM = Pattern.compile("([0-9]{1,9}):([0-9]{1,18})");

    @Override
    public LogPosition convert(String text) {
      Matcher parts = FORM.matcher(text);
      if (!parts.matches()) {
        throw new TypeConversionException(
            "expected partition:offset, as 3:1042, found '%s'".formatted(text));
      }
      return new LogPosition(Integer.parseInt(parts.group(1)), Long.parseLong(parts.group(2)));
    }
  }
}
