package dev.driftless.projectors.context;

import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresStore;
import dev.driftless.schemas.Names;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Reads the context view, as SQL users can too. Throws the driver's exceptions; of a view that was
 * never created it says that it is empty. Safe to share between threads.
 */
public final class ContextReader implements AutoCloseable {

  private static final String DOCUMENT = "SELECT CAST(context_document(:tenant, :subject) AS text)";

  private static final String PATTERNS =
      """
      SELECT * FROM patterns WHERE tenant = :tenant AND subject = :subject
      ORDER BY confidence DESC, pattern_id COLLATE "C"
      """;

  private static final String ROWS = "SELECT count(*) FROM patterns";

  private final PostgresStore store;

  /** Opens no connection yet. */
  public ContextReader(PostgresConfig config, Names names) {
    this.store = ContextProjector.open(config, names);
  }

  /**
   * What a new session of this subject loads, as JSON: {@code tenant}, {@code subject}, {@code
   * patterns} by confidence, {@code recentMemories} newest first and none that has expired, {@code
   * openToolCalls} oldest first. Empty if there is nothing of these.
   */
  public Optional<String> document(String tenant, String subject) {
    return store.read(
        Optional.empty(),
        handle ->
            handle
                .createQuery(DOCUMENT)
                .bind("tenant", tenant)
                .bind("subject", subject)
                .mapTo(String.class)
                .findOne());
  }

  /** What is learned about this subject, the most confident first. */
  public List<Pattern> patterns(String tenant, String subject) {
    return store.read(
        List.of(),
        handle ->
            handle
                .createQuery(PATTERNS)
                .bind("tenant", tenant)
                .bind("subject", subject)
                .map((rs, ctx) -> pattern(rs))
                .list());
  }

  /** How many patterns the view holds: what it alone knows. */
  public long rows() {
    return store.read(0L, handle -> handle.createQuery(ROWS).mapTo(Long.class).one());
  }

  @Override
  public void close() {
    store.close();
  }

  private static Pattern pattern(ResultSet rs) throws SQLException {
    return new Pattern(
        rs.getString("pattern_id"),
        rs.getString("statement"),
        rs.getDouble("confidence"),
        List.of((String[]) rs.getArray("evidence").getArray()),
        rs.getInt("reinforcements"),
        instant(rs, "learned_at"),
        instant(rs, "reinforced_at"),
        rs.getLong("log_offset"));
  }

  private static Instant instant(ResultSet rs, String column) throws SQLException {
    return Objects.requireNonNull(rs.getObject(column, OffsetDateTime.class), column).toInstant();
  }

  /**
   * A row of {@code patterns}.
   *
   * @param confidence from 0 to 1, as the agent gave it
   * @param evidence ids of the memories that speak for it
   * @param reinforcements how often it was learned since it was last retired, at least 1
   * @param learnedAt log time when it was first learned since then
   * @param reinforcedAt log time when it was last learned
   * @param logOffset of the event that it was last learned by
   */
  public record Pattern(
      String patternId,
      String statement,
      double confidence,
      List<String> evidence,
      int reinforcements,
      Instant learnedAt,
      Instant reinforcedAt,
      long logOffset) {

    /** Without the statement, which is the user's. */
    @Override
    public String toString() {
      return "Pattern[" + patternId + "]";
    }
  }
}
