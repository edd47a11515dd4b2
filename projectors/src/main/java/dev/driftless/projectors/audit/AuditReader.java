package dev.driftless.projectors.audit;

import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresStore;
import dev.driftless.schemas.Names;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the audit view, as SQL users can too. Throws the driver's exceptions; of a view that was
 * never created it says that it is empty. Safe to share between threads.
 */
public final class AuditReader implements AutoCloseable {

  private static final String LATEST =
      """
      SELECT * FROM records
      WHERE (CAST(:tenant AS text) IS NULL OR tenant = :tenant)
        AND (CAST(:subject AS text) IS NULL OR subject = :subject)
      ORDER BY log_time DESC, log_offset DESC LIMIT :limit
      """;

  private static final String ROWS = "SELECT count(*) FROM records";

  private final PostgresStore store;

  /** Opens no connection yet. */
  public AuditReader(PostgresConfig config, Names names) {
    this.store = AuditProjector.open(config, names);
  }

  /**
   * The records that were appended last, newest first.
   *
   * @param tenant null for all, also those that tell of no tenant
   * @param subject null for all of the tenant's
   * @param limit at most so many
   */
  public List<AuditRecord> latest(@Nullable String tenant, @Nullable String subject, int limit) {
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
