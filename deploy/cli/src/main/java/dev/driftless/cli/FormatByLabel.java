package dev.driftless.cli;

import dev.driftless.cli.PublishCommand.Format;
import java.util.Arrays;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Formats have names with hyphens, which enum constants cannot have. */
final class FormatByLabel implements ITypeConverter<Format> {

  @Override
  public Format convert(String text) {
    return Arrays.stream(Format.values())
        .filter(format -> format.toString().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "expected one of " + Arrays.toString(Format.values()) + ", found " + text));
  }
}
