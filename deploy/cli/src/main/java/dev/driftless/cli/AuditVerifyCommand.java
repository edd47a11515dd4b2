package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.audit.AuditReport;
import dev.driftless.projectors.audit.AuditVerifier;
import dev.driftless.projectors.audit.AuditedTopic;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.EventRegistry;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code driftless audit verify}. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Proves the audit view by the log: every record has its row, and no row was edited.",
    footer = {
      "",
      "A view that lags is proved as far as it is. Exit code 0 only if nothing was found, and the view is not empty while"
          + " the log is not."
    })
final class AuditVerifyCommand implements Callable<Integer> {

  private static final long PROGRESS_NANOS = Duration.ofSeconds(1).toNanos();

  @Mixin private final Connection connection;
  @Mixin private final Output output = new Output();

  private long saidAt = System.nanoTime();

  AuditVerifyCommand(Map<String, String> environment) {
    this.connection = new Connection(environment);
  }

  /**
   * What was found in one partition.
   *
   * @param verifiedTo the first offset that is not proved
   * @param logEnd the offset behind the log's last record
   */
  private record Partition(
      int partition, long recordsChecked, long verifiedTo, long logEnd, long findingCount) {}

  @Override
  public Integer call() {
    ProjectorsConfig config = connection.config();
    try (EventRegistry registry = config.openRegistry();
        AuditedTopic log = EventLog.open(config);
        AuditVerifier verifier =
            new AuditVerifier(config.audit(), config.names(), new EventDecoder(registry)::decode)) {
      List<AuditReport> reports = verifier.verify(log, this::say);
      return print(reports, reports.stream().map(report -> partition(report, log)).toList());
    }
  }

  private static Partition partition(AuditReport report, AuditedTopic log) {
    boolean known = report.partition() >= 0 && report.partition() < log.partitions();
    return new Partition(
        report.partition(),
        report.recordsChecked(),
        report.verifiedTo(),
        known ? log.endOffset(report.partition()) : 0,
        report.findingCount());
  }

  private int print(List<AuditReport> reports, List<Partition> partitions) {
    boolean isEmpty =
        partitions.stream().allMatch(p -> p.verifiedTo() == 0)
            && partitions.stream().anyMatch(p -> p.logEnd() > 0);
    boolean proved = reports.stream().allMatch(AuditReport::proved) && !isEmpty;
    List<AuditReport.Finding> findings =
        reports.stream().flatMap(report -> report.findings().stream()).toList();
    if (output.isJson()) {
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("proved", proved);
      answer.put("partitions", partitions);
      answer.put("findings", findings);
      output.json(answer);
    } else {
      tables(partitions, findings);
    }
    if (isEmpty) {
      output.say("the audit view is empty, the log is not: nothing is proved");
    }
    return proved ? 0 : 1;
  }

  private void tables(List<Partition> partitions, List<AuditReport.Finding> findings) {
    output.table(
        "partitions",
        partitions,
        new Table("partition", "records checked", "proved below", "log end", "findings"),
        p ->
            Output.cells(
                p.partition(), p.recordsChecked(), p.verifiedTo(), p.logEnd(), p.findingCount()));
    output.table(
        "findings",
        findings,
        new Table("partition", "offset", "finding", "detail"),
        f -> Output.cells(f.partition(), f.offset(), f.kind(), f.detail()));
  }

  private void say(int partition, long offset, long end) {
    long now = System.nanoTime();
    if (now - saidAt >= PROGRESS_NANOS) {
      saidAt = now;
      output.say("partition %d: checked up to %,d of %,d".formatted(partition, offset, end));
    }
  }
}
