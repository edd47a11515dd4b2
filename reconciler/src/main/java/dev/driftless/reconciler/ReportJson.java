package dev.driftless.reconciler;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.driftless.reconciler.Divergence.State;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reports for programs. Keys and hashes, never the text of a memory. */
public final class ReportJson {

  private static final ObjectMapper JSON = new ObjectMapper();

  private ReportJson() {}

  /**
   * What one check found.
   *
   * @param most how many divergences are named for each view; all are counted
   */
  public static ObjectNode of(Report report, int most) {
    ObjectNode node = JSON.createObjectNode().put("at", report.at().toString());
    node.put("exitCode", report.exitCode());
    ArrayNode views = node.putArray("views");
    report.views().forEach(view -> views.add(of(view, most)));
    return node;
  }

  /** What the check of one view found; as {@link #of(Report, int)}. */
  public static ObjectNode of(ViewReport view, int most) {
    ObjectNode node = JSON.createObjectNode().put("view", view.view()).put("deep", view.deep());
    node.put("keysCompared", view.compared());
    ObjectNode verified = node.putObject("verifiedTo");
    view.verifiedTo().forEach((partition, offset) -> verified.put(partition.toString(), offset));
    node.put("verified", view.verified());
    node.put("divergenceCount", view.divergenceCount());
    node.set("divergences", of(view.divergences(), most));
    node.put("deadLetterCount", view.deadLetters().size());
    node.set("deadLetters", of(view.deadLetters(), most));
    node.put("rowsExamined", view.cost().examined());
    node.put("rowsSent", view.cost().sent());
    node.put("seconds", view.took().toMillis() / 1000.0);
    return node.put("unknown", view.unknown());
  }

  /** What became of the divergences of one view; as {@link #of(Report, int)}. */
  public static ObjectNode of(RepairReport repair, int most) {
    ObjectNode node = JSON.createObjectNode().put("view", repair.view());
    node.put("asked", repair.asked());
    node.put("mended", repair.mended());
    node.put("leftCount", repair.left().size());
    node.set("left", of(repair.left(), most));
    node.put("export", repair.export() == null ? null : repair.export().toString());
    return node.put("refused", repair.refused());
  }

  private static ArrayNode of(List<Divergence> divergences, int most) {
    ArrayNode nodes = JSON.createArrayNode();
    divergences.stream().limit(most).forEach(divergence -> nodes.add(of(divergence)));
    return nodes;
  }

  private static ObjectNode of(Divergence divergence) {
    ObjectNode node = JSON.createObjectNode().put("view", divergence.view());
    node.put("key", divergence.key());
    node.put("kind", divergence.kind().name());
    node.put("failure", divergence.failure().name());
    node.set("expected", of(divergence.expected()));
    node.set("found", of(divergence.found()));
    return node.put("deadLetter", divergence.deadLetter());
  }

  private static @Nullable ObjectNode of(@Nullable State state) {
    return state == null
        ? null
        : JSON.createObjectNode().put("offset", state.offset()).put("hash", state.hash());
  }
}
