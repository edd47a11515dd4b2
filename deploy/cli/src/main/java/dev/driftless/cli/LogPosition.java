package dev.driftless.cli;

import dev.driftless.producer.Receipt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Where an event is in the log.
 *
 * @param topicId of the log; null where it was not said
 */
record LogPosition(@Nullable String topicId, int partition, long offset) {

  @Override
  public String toString() {
    return partition + ":" + offset;
  }

  /** From a receipt's token, or {@code partition:offset}. */
  static final class Parser implements ITypeConverter<LogPosition> {

    private static final Pattern FORM = Pattern.compile("([0-9]{1,9}):([0-9]{1,18})");

    @Override
    public LogPosition convert(String text) {
      Matcher parts = FORM.matcher(text);
      if (parts.matches()) {
        return new LogPosition(
            null, Integer.parseInt(parts.group(1)), Long.parseLong(parts.group(2)));
      }
      try {
        Receipt receipt = Receipt.parse(text);
        return new LogPosition(receipt.topicId(), receipt.partition(), receipt.offset());
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(
            "expected a receipt, or partition:offset, as 3:1042, found '%s'".formatted(text));
      }
    }
  }
}
