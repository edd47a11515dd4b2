package dev.driftless.cli;

import dev.driftless.producer.Receipt;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A receipt as {@code publish} prints it. */
final class ReceiptToken implements ITypeConverter<Receipt> {

  @Override
  public Receipt convert(String token) {
    try {
      return Receipt.parse(token);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
