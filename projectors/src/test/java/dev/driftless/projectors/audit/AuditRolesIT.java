package dev.driftless.projectors.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.Generations;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.postgres.TestLog;
import java.time.Duration;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AuditRolesIT {

  private final AuditFixture fixture = new AuditFixture();
  private final TestLog log = TestLog.random("topic", 0, 20, 1);
  private final String writer = fixture.names().name() + "_projector";
  private final String reader = fixture.names().name() + "_person";

  @BeforeEach
  void giveRights() {
    try (Projector owner = fixture.open()) {
      log.applyTo(owner);
    }
    fixture.execute("CREATE ROLE %s LOGIN PASSWORD 'secret'".formatted(writer));
    fixture.execute("CREATE ROLE %s LOGIN PASSWORD 'secret'".formatted(reader));
    fixture.execute(roles());
    fixture.execute(roles());
    fixture.execute("GRANT %s_writer TO %s".formatted(fixture.schema(), writer));
    fixture.execute("GRANT %s_reader TO %s".formatted(fixture.schema(), reader));
  }

  @AfterEach
  void close() {
    fixture.close();
    for (String role : new String[] {writer, reader}) {
      fixture.execute("DROP ROLE " + role);
    }
    for (String role : new String[] {"_writer", "_reader"}) {
      fixture.execute("DROP ROLE " + fixture.schema() + role);
    }
  }

  @Test
  void writer_runs_the_projector_without_owning_anything() {
    for (int i = 0; i < 5; i++) {
      log.add(TestLog.event("acme", "mia", TestLog.memory("m" + i, "text", null)));
    }
    TestLog other = TestLog.random("topic", 1, 5, 2);
    try (Projector projector = fixture.open(as(writer), fixture.names())) {
      log.applyTo(projector, 2);
      other.applyTo(projector);
      assertThat(projector.stored(0).offset()).isEqualTo(25);
    }
    assertThat(fixture.shown()).hasSize(30);
  }

  @Test
  void writer_repairs_and_goes_on_and_the_old_generation_is_out_of_its_reach() {
    fixture.phantom(0, 99);
    try (Projector projector = fixture.open(as(writer), fixture.names())) {
      Fence fence = projector.acquire(0);
      History nothing = new History(Entity.record(0, 99), List.of());
      projector.repair(new Repair(0, fence.epoch(), fence.offset(), List.of(nothing)));
      log.add(TestLog.event("acme", "mia", TestLog.memory("m", "text", null)));
      log.applyTo(projector);
    }
    String old = fixture.oldGenerations().get(0);
    assertThat(fixture.shown()).hasSize(21);
    assertThatThrownBy(() -> execute(writer, "DROP TABLE " + old)).hasMessageContaining("owner");
    assertThatThrownBy(() -> execute(writer, "INSERT INTO %s TABLE records".formatted(old)))
        .hasMessageContaining("refused");

    fixture.execute(roles());
    for (String role : List.of(writer, reader)) {
      assertThatCode(() -> execute(role, "SELECT * FROM " + old)).doesNotThrowAnyException();
      assertThatCode(() -> execute(role, "SELECT * FROM records")).doesNotThrowAnyException();
    }
  }

  @Test
  void writer_is_told_that_the_owner_has_to_rebuild() {
    try (Generations generations = AuditProjector.generations(as(writer), fixture.names())) {
      assertThatThrownBy(generations::prepare).hasMessageContaining("belongs to");
    }
  }

  @Test
  void writer_cannot_make_a_new_generation_of_a_table_of_its_own() {
    execute(
        writer,
        "CREATE TEMPORARY TABLE records (LIKE records); SELECT new_generation('{0}', '{3}')");

    assertThat(fixture.shown()).hasSize(19);
    assertThat(fixture.query("SELECT * FROM " + fixture.oldGenerations().get(0))).hasSize(20);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE records SET agent = 'nobody'",
        "DELETE FROM records",
        "TRUNCATE records",
        "DELETE FROM view_positions",
        "ALTER TABLE records DISABLE TRIGGER ALL",
        "DROP TABLE records",
        "CREATE TABLE more (id int)",
        "SET session_replication_role = replica"
      })
  void writer_cannot_change_history(String sql) {
    assertThatThrownBy(() -> execute(writer, sql)).hasMessageMatching("(?s).*(denied|owner).*");
    assertThat(fixture.shown()).hasSize(20);
  }

  @Test
  void reader_reads_and_does_nothing_else() {
    try (AuditReader person = new AuditReader(as(reader), fixture.names())) {
      assertThat(person.rows()).isEqualTo(20);
    }
    assertThatThrownBy(() -> execute(reader, "UPDATE view_positions SET position = 0"))
        .hasMessageContaining("denied");
    assertThatThrownBy(() -> execute(reader, "INSERT INTO records SELECT * FROM records"))
        .hasMessageContaining("denied");
    assertThatThrownBy(() -> execute(reader, "SELECT new_generation('{}', '{}')"))
        .hasMessageContaining("denied");
  }

  @Test
  void role_without_rights_does_not_even_see_the_schema() {
    fixture.execute("REVOKE %s_reader FROM %s".formatted(fixture.schema(), reader));

    assertThatThrownBy(() -> execute(reader, "SELECT * FROM " + fixture.schema() + ".records"))
        .hasMessageContaining("denied");
  }

  private void execute(String role, String sql) {
    Jdbi.create(as(role).url() + "?currentSchema=" + fixture.schema(), role, "secret")
        .useHandle(handle -> handle.execute(sql));
  }

  private static PostgresConfig as(String role) {
    return new PostgresConfig(
        PostgresFixture.server().url(),
        role,
        "secret",
        2,
        Duration.ofSeconds(5),
        Duration.ofSeconds(30));
  }

  private static String roles() {
    return PostgresFixture.shipped(AuditProjector.class, "audit-roles.sql");
  }
}
