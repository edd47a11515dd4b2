package dev.driftless.projectors;

import static com.tngtech.archunit.core.domain.JavaModifier.PROTECTED;
import static com.tngtech.archunit.core.domain.JavaModifier.PUBLIC;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.driftless.projectors.runtime.DeadLetter;
import dev.driftless.schemas.PublicApi;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What is promised in docs/API.md leads to nothing that is not. */
final class PublicApiTest {

  private static final JavaClasses LIBRARIES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.driftless");

  /** What signatures may name beside the API itself. */
  private static final Pattern OF_OTHERS =
      Pattern.compile(
          "java\\..+|javax\\.sql\\..+|org\\.apache\\.avro\\..+"
              + "|org\\.apache\\.kafka\\.clients\\.admin\\.Admin"
              + "|io\\.opentelemetry\\.api\\.OpenTelemetry");

  private static boolean isPublic(JavaClass type) {
    return type.getPackage().isAnnotatedWith(PublicApi.class)
        && type.getModifiers().contains(PUBLIC)
        && type.getEnclosingClass().map(PublicApiTest::isPublic).orElse(true);
  }

  /** The types in a type's signatures that are internal. */
  private static Set<String> leaks(JavaClass type) {
    List<JavaType> named = new ArrayList<>(type.getInterfaces());
    type.getSuperclass().ifPresent(named::add);
    named.addAll(type.getTypeParameters());
    for (JavaMember member : type.getMembers()) {
      if (member.getModifiers().contains(PUBLIC) || member.getModifiers().contains(PROTECTED)) {
        named.addAll(typesOf(member));
      }
    }
    return named.stream()
        .flatMap(told -> told.getAllInvolvedRawTypes().stream())
        .map(JavaClass::getBaseComponentType)
        .filter(told -> !told.isPrimitive() && !isPublic(told))
        .map(JavaClass::getName)
        .filter(name -> !OF_OTHERS.matcher(name).matches())
        .collect(Collectors.toSet());
  }

  private static List<JavaType> typesOf(JavaMember member) {
    List<JavaType> types = new ArrayList<>();
    if (member instanceof JavaCodeUnit code) {
      types.add(code.getReturnType());
      types.addAll(code.getParameterTypes());
      types.addAll(code.getTypeParameters());
      types.addAll(code.getExceptionTypes());
    } else if (member instanceof JavaField field) {
      types.add(field.getType());
    }
    return types;
  }

  @Test
  void the_public_api_names_no_internal_type() {
    List<String> leaks =
        LIBRARIES.stream()
            .filter(PublicApiTest::isPublic)
            .flatMap(type -> leaks(type).stream().map(told -> type.getName() + " names " + told))
            .toList();
    assertThat(leaks).isEmpty();
  }

  /** Shows what is internal, in the depth of a type. */
  record Leaky(Map<String, List<DeadLetter[]>> letters) {}

  @Test
  void an_internal_type_in_a_signature_is_found() {
    JavaClasses classes = new ClassFileImporter().importClasses(Leaky.class, DeadLetter.class);
    assertThat(leaks(classes.get(Leaky.class))).isEqualTo(Set.of(DeadLetter.class.getName()));
  }

  @Test
  void the_page_names_the_packages_that_are_marked() throws Exception {
    Set<String> marked =
        LIBRARIES.stream()
            .filter(PublicApiTest::isPublic)
            .map(JavaClass::getPackageName)
            .collect(Collectors.toSet());
    Set<String> named =
        Pattern.compile("(?m)^\\| `(dev\\.driftless[\\w.]+)` \\|")
            .matcher(Files.readString(Path.of("..", "docs", "API.md")))
            .results()
            .map(row -> row.group(1))
            .collect(Collectors.toSet());
    assertThat(named).isEqualTo(marked);
  }
}
