package dev.driftless.schemas;

import org.apache.avro.util.ClassSecurityValidator;
import org.apache.avro.util.ClassSecurityValidator.ClassSecurityPredicate;

/**
 * Since 1.12.2 Avro makes objects only of classes that the process trusts by name, and by default
 * it trusts none but Java's own. Ours are added to whatever is trusted already. Every way into the
 * generated classes that leads through this package calls this first.
 */
final class TrustedClasses {

  private static final String GENERATED = "dev.driftless.events";

  static {
    ClassSecurityPredicate before = ClassSecurityValidator.getGlobal();
    ClassSecurityPredicate ours = type -> type.getPackageName().equals(GENERATED);
    ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(before, ours));
  }

  private TrustedClasses() {}

  /** Returns when the generated classes are trusted; does it once. */
  static void load() {}
}
