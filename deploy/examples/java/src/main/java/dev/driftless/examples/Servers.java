package dev.driftless.examples;

import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.MemoryLogConfig;
import dev.driftless.schemas.Names;
import java.util.Map;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** The log, and the PostgreSQL of the relational view, as {@code driftless env} tells them. */
final class Servers {

  private Servers() {}

  static MemoryLog log(Map<String, String> environment) {
    return MemoryLog.open(
        MemoryLogConfig.of(
                environment.getOrDefault("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092"),
                environment.getOrDefault("SCHEMA_REGISTRY_URL", "http://localhost:8081"))
            .withNames(new Names(environment.getOrDefault("DRIFTLESS_NAME", ""))));
  }

  /** A real agent has a pool here. */
  static DataSource postgres(Map<String, String> environment) {
    PGSimpleDataSource postgres = new PGSimpleDataSource();
    postgres.setServerNames(new String[] {environment.getOrDefault("PGHOST", "localhost")});
    postgres.setPortNumbers(
        new int[] {Integer.parseInt(environment.getOrDefault("PGPORT", "5432"))});
    postgres.setDatabaseName(environment.getOrDefault("PGDATABASE", "driftless"));
    postgres.setUser(environment.getOrDefault("PGUSER", "driftless"));
    postgres.setPassword(environment.getOrDefault("PGPASSWORD", ""));
    return postgres;
  }
}
