package dev.driftless.cli;

import dev.driftless.projectors.app.Views;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The name of a view that there is. */
final class ViewByName implements ITypeConverter<String> {

  @Override
  public String convert(String name) {
    if (!Views.names().contains(name)) {
      throw new TypeConversionException(
          "there is no view '%s': use one of %s".formatted(name, String.join(", ", Views.names())));
    }
    return name;
  }
}
