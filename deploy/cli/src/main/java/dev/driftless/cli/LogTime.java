package dev.driftless.cli;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A moment of the log's time, as people write it. */
final class LogTime implements ITypeConverter<Instant> {

  @Override
  public Instant convert(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      throw new TypeConversionException(
          "expected a time with its zone, as 2026-05-01T15:00Z or 2026-05-01T17:00+02:00, found '%s'"
              .formatted(text));
    }
  }
}
