package dev.driftless.projectors;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may know whom. */
@AnalyzeClasses(
    packages = "dev.driftless.projectors",
    importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {

  private static final String[] VIEWS = {
    "..projectors.relational..",
    "..projectors.vector..",
    "..projectors.cache..",
    "..projectors.context..",
    "..projectors.audit.."
  };

  @ArchTest
  static final ArchRule VIEWS_DO_NOT_KNOW_EACH_OTHER =
      slices()
          .matching("dev.driftless.projectors.(relational|vector|cache|context|audit)..")
          .should()
          .notDependOnEachOther();

  @ArchTest
  static final ArchRule VIEWS_DO_NOT_KNOW_THE_RUNTIME =
      noClasses()
          .that()
          .resideInAnyPackage(VIEWS)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("..runtime..", "..app..");

  @ArchTest
  static final ArchRule THE_RUNTIME_KNOWS_NO_VIEW =
      noClasses()
          .that()
          .resideInAPackage("..runtime..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(VIEWS);

  @ArchTest
  static final ArchRule ONLY_THE_CACHE_TALKS_TO_REDIS =
      noClasses()
          .that()
          .resideOutsideOfPackage("..cache..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.lettuce..");

  @ArchTest
  static final ArchRule ONLY_THE_VECTOR_VIEW_TALKS_TO_QDRANT =
      noClasses()
          .that()
          .resideOutsideOfPackage("..vector..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.qdrant..");

  @ArchTest
  static final ArchRule ONLY_THE_VIEWS_IN_POSTGRESQL_TALK_TO_IT =
      noClasses()
          .that()
          .resideInAnyPackage("..vector..", "..cache..", "..runtime..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.jdbi..", "java.sql..", "..projectors.postgres..");
}
