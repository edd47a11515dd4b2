package dev.driftless.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL on TCP only, with a password, UTF-8 and the C.UTF-8 collation that no library changes.
 */
final class PostgresServer implements Server {
  static final String SQL = "sql";
  static final String USER = "postgres";
  static final String PASSWORD = "postgres";
  static final String DATABASE = "driftless";

  /** Larger than any process id. */
  private static final String NOBODY = "4194305";

  private static final Duration INITIALIZATION = Duration.ofMinutes(2);

  private final @Nullable Security security;

  PostgresServer(@Nullable Security security) {
    this.security = security;
  }

  @Override
  public ServerKind kind() {
    return ServerKind.POSTGRES;
  }

  @Override
  public Ports usualPorts() {
    return new Ports(Map.of(SQL, 5432));
  }

  /** Fast shutdown: TERM would wait for the last client to leave. */
  @Override
  public String stopSignal() {
    return "INT";
  }

  @Override
  public Launch prepare(Site site) throws IOException, InterruptedException {
    Path programs = programs(site);
    Path cluster = site.data().resolve("cluster");
    if (!Files.exists(cluster)) {
      initialize(programs, cluster, site);
    }
    forgetReusedProcess(cluster);
    List<String> postgres =
        List.of(
            programs.resolve("bin/postgres").toString(),
            "-D",
            cluster.toString(),
            "-p",
            String.valueOf(site.ports().get(SQL)),
            "-c",
            "listen_addresses=" + Addresses.HOST,
            "-c",
            "unix_socket_directories=",
            "-c",
            "max_connections=200",
            "-c",
            "timezone=UTC",
            "-c",
            "log_timezone=UTC");
    List<String> command = Stream.concat(postgres.stream(), encryption(site).stream()).toList();
    return new Launch(site.host().withoutRoot(command, site.data()), Map.of());
  }

  /**
   * After a crash its process id stays in a file, and PostgreSQL does not start if a process that
   * it may signal has that id by now. What else is in the file it goes on to check: whether a
   * process of the former one still uses its memory.
   */
  private static void forgetReusedProcess(Path cluster) throws IOException {
    Path file = cluster.resolve("postmaster.pid");
    if (!Files.exists(file)) {
      return;
    }
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    if (lines.isEmpty() || !lines.get(0).matches("\\d{1,9}")) {
      return;
    }
    boolean isAnother =
        ProcessHandle.of(Long.parseLong(lines.get(0)))
            .flatMap(process -> process.info().commandLine())
            .filter(command -> !command.contains(cluster.toString()))
            .isPresent();
    if (isAnother) {
      lines.set(0, NOBODY);
      Path written = Files.write(cluster.resolve("postmaster.pid.new"), lines);
      Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private List<String> encryption(Site site) throws IOException {
    if (security == null) {
      return List.of();
    }
    Path clients =
        Files.writeString(
            site.data().resolve("pg_hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n");
    return List.of(
        "-c",
        "ssl=on",
        "-c",
        "ssl_cert_file=" + security.certificates(),
        "-c",
        "ssl_key_file=" + security.key(),
        "-c",
        "hba_file=" + clients);
  }

  private String password() {
    return security == null ? PASSWORD : security.secret(ServerKind.POSTGRES);
  }

  private static Path programs(Site site) throws IOException, InterruptedException {
    String name = "postgres-" + ServerPrograms.property("postgres.version") + "-" + Host.platform();
    return site.host().cache().entry(name, entry -> unpack(entry, site.progress()));
  }

  private static void unpack(Path directory, Progress progress) throws IOException {
    String archive =
        switch (Host.platform()) {
          case "linux-amd64" -> "/postgres-linux-x86_64.txz";
          case "linux-arm64" -> "/postgres-linux-arm_64.txz";
          case "darwin-amd64" -> "/postgres-darwin-x86_64.txz";
          case "darwin-arm64" -> "/postgres-darwin-arm_64.txz";
          default -> "/postgres-for-" + Host.platform();
        };
    try (InputStream in = PostgresServer.class.getResourceAsStream(archive)) {
      if (in == null) {
        throw new StackException(
            "postgres: no program for this platform on the class path (" + archive + ")");
      }
      progress.say("postgres: unpacking PostgreSQL " + ServerPrograms.property("postgres.version"));
      Cache.unpack(new XZCompressorInputStream(in), directory);
    }
  }

  /** Made under another name, so that an interrupted start leaves no half cluster behind. */
  private void initialize(Path programs, Path cluster, Site site)
      throws IOException, InterruptedException {
    site.progress().say("postgres: creating the database");
    Path made = cluster.resolveSibling("cluster.new");
    Cache.delete(made);
    Path password = Files.writeString(cluster.resolveSibling("password"), password());
    run(
        site,
        programs.resolve("bin/initdb").toString(),
        "--pgdata=" + made,
        "--username=" + USER,
        "--pwfile=" + password,
        "--auth=scram-sha-256",
        // the password is no secret, and thousands of rounds of hashing it are most of what a
        // client's connecting costs
        "--set=scram_iterations=1",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8");
    Files.delete(password);
    createDatabase(programs, made, site);
    Files.move(made, cluster);
  }

  private static void createDatabase(Path programs, Path cluster, Site site)
      throws IOException, InterruptedException {
    String statement = "echo 'create database " + DATABASE + "' | \"$0\" \"$@\"";
    run(
        site,
        "/bin/sh",
        "-c",
        statement,
        programs.resolve("bin/postgres").toString(),
        "--single",
        "-D",
        cluster.toString(),
        "postgres");
  }

  private static void run(Site site, String... command) throws IOException, InterruptedException {
    Host.Output output =
        site.host()
            .run(
                site.host().withoutRoot(List.of(command), site.data()),
                site.data(),
                INITIALIZATION);
    if (output.exitCode() != 0) {
      throw new StackException(
          "postgres: cannot create the database in "
              + site.data()
              + ": "
              + LogTail.mostTelling(output.text()));
    }
  }

  @Override
  public boolean isReady(Ports ports) throws SQLException {
    Properties login = new Properties();
    login.setProperty("user", USER);
    login.setProperty("password", password());
    if (security != null) {
      login.setProperty("sslmode", "verify-ca");
      login.setProperty("sslrootcert", security.authority().toString());
    }
    login.setProperty("connectTimeout", "2");
    login.setProperty("socketTimeout", "2");
    String url = "jdbc:postgresql://" + Addresses.HOST + ":" + ports.get(SQL) + "/" + DATABASE;
    try (Connection connection = DriverManager.getConnection(url, login);
        Statement statement = connection.createStatement();
        ResultSet one = statement.executeQuery("select 1")) {
      return one.next();
    }
  }
}
