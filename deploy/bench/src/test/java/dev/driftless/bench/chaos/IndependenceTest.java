package dev.driftless.bench.chaos;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What the independent check may know. */
@AnalyzeClasses(
    packages = "dev.driftless.bench.chaos",
    importOptions = ImportOption.DoNotIncludeTests.class)
final class IndependenceTest {

  private static final String CHECK = "dev.driftless.bench.chaos.check";

  @ArchTest
  static final ArchRule THE_CHECK_KNOWS_NO_CLASS_OF_DRIFTLESS =
      noClasses()
          .that()
          .resideInAPackage(CHECK)
          .should()
          .dependOnClassesThat(
              DescribedPredicate.describe(
                  "are another one of Driftless", IndependenceTest::isOfDriftless));

  private static boolean isOfDriftless(JavaClass known) {
    return known.getPackageName().startsWith("dev.driftless")
        && !known.getPackageName().equals(CHECK);
  }
}
