package dev.driftless.cli.deployment;

import static dev.driftless.cli.deployment.Deployments.DEPLOY;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/** What is published fits together. */
final class ReleaseTest {

  private static final Path ROOT = DEPLOY.resolve("..");
  private static final XPath XPATH = XPathFactory.newInstance().newXPath();

  /** A module's pom. */
  private record Module(Document pom) {

    static Module of(Path directory) {
      try {
        return new Module(
            DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(directory.resolve("pom.xml").toFile()));
      } catch (Exception e) {
        throw new IllegalStateException("cannot read the pom in " + directory, e);
      }
    }

    List<String> all(String path) {
      try {
        NodeList found = (NodeList) XPATH.evaluate(path, pom, XPathConstants.NODESET);
        return IntStream.range(0, found.getLength())
            .mapToObj(i -> found.item(i).getTextContent())
            .toList();
      } catch (XPathExpressionException e) {
        throw new IllegalArgumentException(path, e);
      }
    }

    String artifact() {
      return all("/project/artifactId").get(0);
    }

    boolean isPublishedJar() {
      return !all("/project/packaging").contains("pom")
          && !all("/project/properties/maven.deploy.skip").contains("true");
    }
  }

  private static List<Module> published() {
    return Module.of(ROOT).all("/project/modules/module").stream()
        .map(module -> Module.of(ROOT.resolve(module)))
        .filter(Module::isPublishedJar)
        .toList();
  }

  private static Set<String> artifacts() {
    return published().stream().map(Module::artifact).collect(Collectors.toSet());
  }

  @Test
  void the_bill_of_materials_lists_every_jar_that_is_published_and_no_other() {
    Module bom = Module.of(DEPLOY.resolve("bom"));
    String listed = "/project/dependencyManagement/dependencies/dependency";
    assertThat(bom.all(listed + "/artifactId")).containsExactlyInAnyOrderElementsOf(artifacts());
    assertThat(bom.all(listed + "/version")).containsOnly("${project.version}");
  }

  @Test
  void what_is_published_needs_nothing_of_ours_that_is_not() {
    Set<String> artifacts = artifacts();
    for (Module module : published()) {
      assertThat(
              module.all(
                  "/project/dependencies/dependency[groupId='dev.driftless'][not(scope='test')]"
                      + "/artifactId"))
          .as(module.artifact())
          .isSubsetOf(artifacts);
    }
  }

  @Test
  void every_jar_has_a_module_name() {
    assertThat(published())
        .allSatisfy(
            module ->
                assertThat(module.all("/project/properties/driftless.module"))
                    .as(module.artifact())
                    .hasSize(1));
  }
}
