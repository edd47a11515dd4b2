package dev.driftless.projectors.audit;

import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresStore;
import dev.driftless.schemas.Names;
import java.util.List;

/**
 * Reads the audit view, as SQL users can too. Throws the driver's exceptions; of a view that was
 * never created it says that it is empty. Safe to share between threads.
 */
public final class AuditReader implements AutoCloseable {

  private static final String LATEST =
      """
      SELECT * FROM records WHERE tenant = :tenant AND subject = :subject
      ORDER BY log_time DESC, log_offset DESC LIMIT :limit
      """;

  private static final String ROWS = "SELECT count(*) FROM records";

  private final PostgresStore store;

  /** Opens no connection yet. */
  public AuditReader(PostgresConfig config, Names names) {
    this.store = AuditProjector.open(config, names);
  }

  /** The records of this subject that were appended last, at most {@code limit}, newest first. */
  public List<AuditRecord> latest(String tenant, String subject, int limit) {
    return store.read(
        List.of(),
        handle ->
            handle
                .createQuery(LATEST)
                .bind("tenant", Metadata.storable(tenant))
                .bind("subject", Metadata.storable(subject))
                .bind("limit", limit)
                .map((rs, ctx) -> AuditRecord.of(rs))
                .list());
  }

  /** How many records are audited; counts them. */
  public long rows() {
    return store.read(0L, handle -> handle.createQuery(ROWS).mapTo(Long.class).one());
  }

  @Override
  public void close() {
    store.close();
  }
}
