package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.relational.RelationalProjector;
import dev.driftless.projectors.relational.RelationalReader;
import dev.driftless.projectors.relational.RelationalReader.Knowledge;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.ViewLag;
import dev.driftless.reconciler.ViewLag.PartitionLag;
import dev.driftless.schemas.SubjectKey;
import java.time.Instant;

/**
 * What was known of a subject, where the relational view has come far enough to tell: what it has
 * not applied yet it would take for what never was.
 */
final class PastReader implements AutoCloseable {

  private final ProjectorsConfig config;
  private final RelationalReader reader;
  private final Lag lag;

  PastReader(ProjectorsConfig config) {
    this.config = config;
    this.reader = new RelationalReader(config.relational(), config.names());
    this.lag = new Lag(config);
  }

  /**
   * @throws IllegalStateException if the time has not come, or the view has not
   */
  Knowledge at(String tenant, String subject, Instant time) {
    if (time.isAfter(Instant.now())) {
      throw new IllegalStateException(
          "%s has not come: ask for a time that has passed".formatted(time));
    }
    PartitionLag at = partition(tenant, subject);
    Instant reached = reader.logTime(at.partition());
    if (at.events() > 0 && (reached == null || !reached.isAfter(time))) {
      throw behind(at, time.toString());
    }
    return reader.knownAt(tenant, subject, time);
  }

  /**
   * @throws IllegalStateException if the position is of another log, not of the subject's partition
   *     or not in the log, or the view is not there
   */
  Knowledge after(String tenant, String subject, LogPosition receipt) {
    String topicId = EventLog.check(config).topicId();
    if (receipt.topicId() != null && !receipt.topicId().equals(topicId)) {
      throw new IllegalStateException(
          "the receipt %s is of another log: this one has topic id %s".formatted(receipt, topicId));
    }
    PartitionLag at = partition(tenant, subject);
    if (receipt.partition() != at.partition()) {
      throw new IllegalStateException(
          "the events of %s/%s are in partition %d, so %s is no receipt of theirs"
              .formatted(tenant, subject, at.partition(), receipt));
    }
    if (receipt.offset() >= at.end()) {
      throw new IllegalStateException(
          "%s is no receipt of this log: its partition %d ends before offset %d"
              .formatted(receipt, at.partition(), at.end()));
    }
    if (at.position() <= receipt.offset()) {
      throw behind(at, receipt.toString());
    }
    return reader.knownAfter(tenant, subject, receipt.partition(), receipt.offset());
  }

  @Override
  public void close() {
    reader.close();
    lag.close();
  }

  private PartitionLag partition(String tenant, String subject) {
    ViewLag view = lag.read(RelationalProjector.VIEW);
    if (view.problem() != null) {
      throw new IllegalStateException("the relational view cannot tell: " + view.problem());
    }
    int partition =
        SubjectKey.partition(new SubjectKey(tenant, subject).bytes(), view.partitions().size());
    return view.partitions().get(partition);
  }

  private static IllegalStateException behind(PartitionLag at, String wanted) {
    return new IllegalStateException(
        "the relational view has not reached %s: in partition %d it is at offset %d of %d; try again when it is there (driftless views list)"
            .formatted(wanted, at.partition(), at.position(), at.end()));
  }
}
