package dev.driftless.projectors.audit;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Repair;
import dev.driftless.projectors.postgres.Rows;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes rows as the log has them, and keeps what was there instead; {@link AuditProjector}. */
final class AuditRepair {

  /** Two that have looked at the table would each keep the other from replacing it. */
  private static final String ONE_AT_A_TIME =
      "SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.records'))";

  private static final String PRESENT =
      "SELECT o.log_partition, o.log_offset FROM <rows> JOIN records o USING (log_partition, log_offset)";

  private static final String NEW_GENERATION =
      "SELECT new_generation(array_agg(r.log_partition), array_agg(r.log_offset)) FROM <rows>";

  private static final Logger LOG = LoggerFactory.getLogger(AuditRepair.class);

  private AuditRepair() {}

  /** In a transaction that is fenced. */
  static void run(Handle handle, Repair repair) {
    List<AuditRecord> right = new ArrayList<>();
    List<Entity> unknown = new ArrayList<>();
    for (History history : repair.histories()) {
      if (history.records().isEmpty()) {
        unknown.add(history.entity());
      } else {
        right.add(row(history));
      }
    }
    handle.execute(ONE_AT_A_TIME);
    AuditRows rows = new AuditRows(right);
    List<Entity> bad = new ArrayList<>(rows.different(handle));
    bad.addAll(present(handle, unknown));
    if (!bad.isEmpty()) {
      putAside(handle, bad);
    }
    rows.append(handle);
  }

  /** The row of the one record of a history. */
  static AuditRecord row(History history) {
    return AuditRecord.of(
        history.records().get(0), Objects.requireNonNull(history.chainBefore(), "chainBefore"));
  }

  private static List<Entity> present(Handle handle, List<Entity> records) {
    return keys(records)
        .query(handle, PRESENT, (rs, ctx) -> Entity.record(rs.getInt(1), rs.getLong(2)));
  }

  private static void putAside(Handle handle, List<Entity> bad) {
    waitHoweverLong(handle);
    String old = keys(bad).query(handle, NEW_GENERATION, (rs, ctx) -> rs.getString(1)).get(0);
    LOG.warn(
        "view={} rows={} were not as the log has them; they are kept in {}, first partition/offset={}",
        AuditProjector.VIEW,
        bad.size(),
        old,
        bad.get(0).id());
  }

  /** A copy of the whole table takes longer than a socket timeout allows. */
  private static void waitHoweverLong(Handle handle) {
    try {
      handle.getConnection().setNetworkTimeout(Runnable::run, 0);
    } catch (SQLException e) {
      throw new UnableToExecuteStatementException("waiting for a new generation", e, null);
    }
  }

  private static Rows keys(List<Entity> records) {
    Rows rows = Rows.of("log_partition int4", "log_offset int8");
    for (Entity record : records) {
      rows.add(record.recordPartition(), record.offset());
    }
    return rows;
  }
}
