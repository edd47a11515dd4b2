package dev.driftless.cli;

import dev.driftless.events.MemoryKind;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.relational.RelationalReader.MemoryVersion;
import dev.driftless.projectors.vector.ExactSearch;
import dev.driftless.projectors.vector.VectorSearch;
import dev.driftless.projectors.vector.VectorSearch.Hit;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code driftless search}. */
@Command(
    name = "search",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Finds the memories that mean most nearly the same as a text, in the vector view.")
final class SearchCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private final Connection connection;

  @Parameters(paramLabel = "TEXT", description = "What to look for, in any words.")
  private String text = "";

  @Option(names = "--tenant", paramLabel = "T", required = true, description = "The tenant.")
  private String tenant = "";

  @Option(
      names = "--subject",
      paramLabel = "S",
      description = "The user or entity. Default: all of the tenant's.")
  private @Nullable String subject;

  @Option(
      names = "--as-of",
      paramLabel = "TIME",
      converter = LogTime.class,
      description =
          "Among what was known of the subject at this time of the log, as 2026-05-01T15:00Z"
              + " (relational view; texts are embedded anew).")
  private @Nullable Instant asOf;

  @Mixin private final Limit limit = new Limit();
  @Mixin private final Output output = new Output();

  SearchCommand(Map<String, String> environment) {
    this.connection = new Connection(environment);
  }

  @Override
  public void run() {
    ProjectorsConfig config = connection.config();
    if (asOf != null && subject == null) {
      throw new ParameterException(
          spec.commandLine(), "--as-of: a search in the past is of one subject: add --subject");
    }
    output.say("loading the embedding model");
    output.list(
        "hits",
        asOf == null ? now(config) : then(config, Objects.requireNonNull(subject), asOf),
        new Table("score", "subject", "memory", "kind", "text"),
        hit ->
            Output.cells(
                "%.3f".formatted(hit.score()),
                hit.subject(),
                hit.memoryId(),
                hit.kind().name().toLowerCase(Locale.ROOT),
                hit.text()));
  }

  private List<Hit> now(ProjectorsConfig config) {
    try (VectorSearch search = new VectorSearch(config.vector(), config.names())) {
      return search(search);
    }
  }

  private List<Hit> then(ProjectorsConfig config, String of, Instant time) {
    try (PastReader past = new PastReader(config);
        ExactSearch search = new ExactSearch(config.vector())) {
      List<MemoryVersion> known = past.at(tenant, of, time).memories();
      return search.nearest(text, known, MemoryVersion::text, limit.rows()).stream()
          .map(scored -> hit(of, scored.score(), scored.item()))
          .toList();
    }
  }

  private static Hit hit(String of, float score, MemoryVersion m) {
    return new Hit(
        m.memoryId(),
        of,
        score,
        MemoryKind.valueOf(m.kind()),
        m.text(),
        m.logOffset(),
        m.expiresAt());
  }

  private List<Hit> search(VectorSearch search) {
    try {
      return search.search(text, tenant, subject, limit.rows(), Instant.now());
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        throw new IllegalStateException(
            "the vector view was never made: start its projector, and publish something", e);
      }
      throw e;
    }
  }
}
