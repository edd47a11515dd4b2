package dev.driftless.reconciler.service;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.driftless.reconciler.ReportJson;
import dev.driftless.reconciler.ViewLag;
import dev.driftless.reconciler.ViewLag.PartitionLag;
import dev.driftless.reconciler.service.Trend.Point;
import dev.driftless.reconciler.service.Trend.Sample;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the service knows, for programs and for the page. Safe for several threads. */
final class StatusJson {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Divergences that are named; the rest is counted. */
  private static final int SHOWN = 100;

  private final Watch watch;

  StatusJson(Watch watch) {
    this.watch = watch;
  }

  /**
   * Everything.
   *
   * @param withHistory whether the samples of the last 24 hours belong to it, some 100 KB
   */
  ObjectNode status(boolean withHistory, Instant now) {
    ObjectNode node = JSON.createObjectNode().put("at", now.toString());
    node.put("ready", watch.isReady(now));
    ArrayNode problems = node.putArray("problems");
    watch.problems(now).forEach(problems::add);
    ObjectNode views = node.putObject("views");
    watch.read(
        all -> {
          all.forEach(view -> views.set(view.view(), view(view, now)));
          return all.size();
        });
    ArrayNode repairs = node.putArray("repairs");
    watch.repairs().forEach(repair -> repairs.add(repair(repair)));
    if (withHistory) {
      node.set("history", history(watch.trend().samples()));
    }
    return node;
  }

  /** Why the service is not ready. */
  ObjectNode ready(Instant now) {
    ObjectNode node = JSON.createObjectNode().put("ready", watch.isReady(now));
    ArrayNode problems = node.putArray("problems");
    watch.problems(now).forEach(problems::add);
    ObjectNode views = node.putObject("views");
    watch.read(all -> reasons(all, views, now));
    return node;
  }

  private static ObjectNode reasons(Collection<WatchedView> all, ObjectNode views, Instant now) {
    for (WatchedView view : all) {
      Map<ViewState, String> reasons = view.reasons(now);
      if (!reasons.isEmpty()) {
        views.set(view.view(), reasons(reasons));
      }
    }
    return views;
  }

  private static ObjectNode reasons(Map<ViewState, String> reasons) {
    ObjectNode node = JSON.createObjectNode();
    reasons.forEach((state, reason) -> node.put(word(state), reason));
    return node;
  }

  private static ObjectNode view(WatchedView view, Instant now) {
    ObjectNode node = JSON.createObjectNode().put("state", word(view.state(now)));
    node.set("reasons", reasons(view.reasons(now)));
    lag(node, view);
    Checked last = view.last();
    if (last != null && last.report().unknown() == null) {
      node.put("verified", last.report().verified());
      node.put("divergenceCount", last.report().divergenceCount());
      node.put("deadLetterCount", last.report().deadLetters().size());
    }
    node.put("divergencesFound", view.found());
    node.put("mended", view.mended());
    node.set("shallow", check(view.shallow()));
    node.set("deep", check(view.deep()));
    return node;
  }

  private static void lag(ObjectNode node, WatchedView view) {
    ViewLag lag = view.lag();
    if (lag.isKnown()) {
      node.put("lagEvents", lag.events());
      node.put("lagSeconds", lag.behind().toMillis() / 1000.0);
      node.put("position", lag.applied());
    }
    node.putObject("limit")
        .put("events", view.limit().events())
        .put("seconds", Objects.requireNonNull(view.limit().time()).toSeconds());
    Checked last = view.last();
    Map<Integer, Long> verified = last == null ? Map.of() : last.report().verifiedTo();
    ArrayNode partitions = node.putArray("partitions");
    for (PartitionLag at : lag.partitions()) {
      partitions
          .addObject()
          .put("partition", at.partition())
          .put("position", at.position())
          .put("end", at.end())
          .put("lagEvents", at.events())
          .put("lagSeconds", at.behind().toMillis() / 1000.0)
          .put("verifiedTo", verified.get(at.partition()));
    }
  }

  private static @Nullable ObjectNode check(@Nullable Checked checked) {
    return checked == null
        ? null
        : ReportJson.of(checked.report(), SHOWN).put("at", checked.at().toString());
  }

  private static ObjectNode repair(Repaired repaired) {
    return ReportJson.of(repaired.report(), 0).put("at", repaired.at().toString());
  }

  private static ObjectNode history(List<Sample> samples) {
    ObjectNode node = JSON.createObjectNode();
    ArrayNode at = node.putArray("at");
    ObjectNode views = node.putObject("views");
    for (Sample sample : samples) {
      at.add(sample.at());
      sample.views().forEach((view, point) -> add(views.withObjectProperty(view), point));
    }
    return node;
  }

  private static void add(ObjectNode view, Point point) {
    view.withArrayProperty("lagEvents").add(point.lagEvents());
    view.withArrayProperty("lagSeconds").add(point.lagSeconds());
    view.withArrayProperty("verified").add(point.verified());
    view.withArrayProperty("divergences").add(point.divergences());
    view.withArrayProperty("repairs").add(point.repairs());
  }

  private static String word(ViewState state) {
    return state.name().toLowerCase(Locale.ROOT);
  }
}
