package dev.driftless.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.local.CertificateAuthority;
import dev.driftless.local.SecuredStack;
import dev.driftless.local.Security;
import dev.driftless.local.ServerKind;
import dev.driftless.reconciler.service.ReconcilerMain;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever talks to a server does so encrypted and says who it is. */
final class SecuredCommandsIT {

  private static final String MEMORY =
      """
      {"eventId":"e1","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"m1","kind":"SEMANTIC","text":"the door is green"}}
      """;

  @TempDir private Path directory;

  @Test
  void every_command_works_beside_servers_that_encrypt_and_ask_who_it_is() throws Exception {
    CertificateAuthority authority = new CertificateAuthority(directory);
    Security security = authority.sign("dns:localhost", "ip:127.0.0.1");
    try (SecuredStack stack = new SecuredStack(security, ServerKind.values());
        Installation installation =
            new Installation(directory.resolve("state"), stack.environment(), 1)) {
      installation.startViews();
      installation.publish(MEMORY);
      installation.awaitCaughtUp(List.of("relational", "vector", "cache", "context", "audit"));
      for (String command :
          List.of(
              "topics check",
              "schemas check",
              "views list",
              "views pause vector",
              "views resume vector",
              "show memories --tenant acme --subject mia",
              "show cache --tenant acme --subject mia",
              "show context --tenant acme --subject mia",
              "show audit --tenant acme --subject mia",
              "search green --tenant acme",
              "dead-letters list",
              "dead-letters retry",
              "audit verify",
              "reconcile --once --deep",
              "rebuild vector",
              "rebuild relational")) {
        Run run = installation.run(command.split(" ", -1));
        assertThat(run.exitCode()).as("%s: %s%s", command, run.out(), run.err()).isZero();
        assertThat(run.out() + run.err()).doesNotContain(security.password());
      }
      assertLogTellsNoSecret(installation, security);
      assertReconcilerChecks(installation, security);
      Map<String, String> deceived = new HashMap<>(installation.environment());
      deceived.put(
          "REDIS_ROOT_CERTIFICATES", new CertificateAuthority(directory).certificate().toString());
      Run refused =
          Run.of(
              Driftless.commandLine(deceived),
              "show",
              "cache",
              "--tenant",
              "acme",
              "--subject",
              "mia");
      assertThat(refused.exitCode()).isEqualTo(1);
      assertThat(refused.err()).contains("unable to find valid certification path");
    }
  }

  /** However much is logged. */
  private void assertLogTellsNoSecret(Installation installation, Security security)
      throws Exception {
    Map<String, String> environment = new HashMap<>(installation.environment());
    environment.put("DRIFTLESS_LOG_LEVEL", "TRACE");
    environment.put("DRIFTLESS_ROOT_LOG_LEVEL", "TRACE");
    for (String command : List.of("search green --tenant acme", "views list")) {
      ProcessBuilder builder =
          new ProcessBuilder(DeployedProcess.java(Driftless.class, command.split(" ", -1)))
              .redirectErrorStream(true);
      builder.environment().putAll(environment);
      Process process = builder.start();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      assertThat(process.waitFor()).as(output).isZero();
      assertThat(output).contains("DEBUG").doesNotContain(security.password());
      assertThat(output).doesNotContainIgnoringCase("authorization: ");
    }
  }

  private void assertReconcilerChecks(Installation installation, Security security)
      throws Exception {
    Map<String, String> environment = new HashMap<>(installation.environment());
    environment.put("DRIFTLESS_RECONCILER_PORT", "0");
    environment.put("DRIFTLESS_RECONCILER_STATE", directory.resolve("reconciler").toString());
    Path output = directory.resolve("reconciler.log");
    try (DeployedProcess process =
        DeployedProcess.start(ReconcilerMain.class, environment, output)) {
      process.awaitReady();
      process.term();
    }
    assertThat(Files.readString(output)).doesNotContain(security.password());
  }
}
