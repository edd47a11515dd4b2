package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.vector.VectorSearch;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code driftless search}. */
@Command(
    name = "search",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Finds the memories that mean most nearly the same as a text, in the vector view.")
final class SearchCommand implements Runnable {

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

  @Mixin private final Limit limit = new Limit();
  @Mixin private final Output output = new Output();

  SearchCommand(Map<String, String> environment) {
    this.connection = new Connection(environment);
  }

  @Override
  public void run() {
    ProjectorsConfig config = connection.config();
    output.say("loading the embedding model");
    try (VectorSearch search = new VectorSearch(config.vector(), config.names())) {
      output.list(
          "hits",
          search(search),
          new Table("score", "subject", "memory", "kind", "text"),
          hit ->
              Output.cells(
                  "%.3f".formatted(hit.score()),
                  hit.subject(),
                  hit.memoryId(),
                  hit.kind().name().toLowerCase(Locale.ROOT),
                  hit.text()));
    }
  }

  private List<VectorSearch.Hit> search(VectorSearch search) {
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
