package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.local.Addresses;
import dev.driftless.local.Progress;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Utils;

/** A base back-up of PostgreSQL by its low-level interface, with the WAL that it needs. */
record PostgresBackup(TestStack servers, Path copy) {

  private static final String WAL = "pg_wal";

  static PostgresBackup take(TestStack servers, Path to) throws IOException, SQLException {
    PostgresBackup backup = new PostgresBackup(servers, to);
    Addresses addresses = servers.stack().addresses();
    try (Connection session =
            DriverManager.getConnection(
                addresses.jdbcUrl(), addresses.postgresUser(), addresses.postgresPassword());
        Statement statement = session.createStatement()) {
      assertThat(statement.execute("SELECT pg_backup_start('drill', true)")).isTrue();
      copy(backup.cluster(), to, WAL, "postmaster.pid");
      try (ResultSet stop = statement.executeQuery("SELECT labelfile FROM pg_backup_stop()")) {
        assertThat(stop.next()).isTrue();
        Files.writeString(to.resolve("backup_label"), stop.getString("labelfile"));
      }
    }
    copy(backup.cluster().resolve(WAL), to.resolve(WAL));
    return backup;
  }

  void putBack() throws IOException {
    servers.stack().kill(ServerKind.POSTGRES);
    Utils.delete(cluster().toFile());
    copy(copy, cluster());
    Addresses unused = servers.stack().start(EnumSet.of(ServerKind.POSTGRES), Progress.silent());
  }

  private Path cluster() {
    return servers.stack().data(ServerKind.POSTGRES).resolve("cluster");
  }

  /** Of what may be in use: files that go away meanwhile are left out. */
  private static void copy(Path from, Path to, String... without) throws IOException {
    try {
      Path unused = Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
    } catch (NoSuchFileException gone) {
      return;
    }
    if (Files.isDirectory(from)) {
      for (Path entry : entries(from)) {
        String name = entry.getFileName().toString();
        if (!List.of(without).contains(name)) {
          copy(entry, to.resolve(name));
        }
      }
    }
  }

  private static List<Path> entries(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.toList();
    }
  }
}
