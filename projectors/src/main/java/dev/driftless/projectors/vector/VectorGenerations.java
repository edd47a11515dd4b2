package dev.driftless.projectors.vector;

import dev.driftless.projectors.Generations;
import dev.driftless.schemas.Names;
import io.qdrant.client.grpc.Collections.AliasOperations;
import io.qdrant.client.grpc.Collections.ChangeAliases;
import io.qdrant.client.grpc.Collections.CreateAlias;
import io.qdrant.client.grpc.Collections.DeleteAlias;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The generations of the vector view: two collections, each behind its alias. To switch is to move
 * both aliases, in one request.
 *
 * <p>Qdrant has no lock that would keep the shown generation's position from moving between a look
 * at it and that request. So its partitions are taken over first: whoever wrote them is fenced, and
 * takes longer to come back than the rest of the switch. Whatever it wrote or is still writing
 * comes from below the log's end as it is then, and the spare generation has to reach that end
 * before the aliases are moved. If somebody has come back before, it is refused. Nor can a request
 * depend on where an alias leads: another command is noticed if it comes up to a round trip before.
 */
public final class VectorGenerations implements Generations {

  /** How long the spare generation may take to the log's end. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration POLL = Duration.ofMillis(5);

  private final Names names;
  private final VectorCollections collections;

  /** Connects when first asked. */
  public VectorGenerations(VectorConfig config, Names names) {
    this.names = names;
    this.collections = new VectorCollections(config, names);
  }

  @Override
  public String view() {
    return VectorProjector.VIEW;
  }

  @Override
  public Numbers numbers() {
    return numbers(collections.aliases());
  }

  /** The collection's name, and what was written beside it when it was made. */
  @Override
  public @Nullable String spareIdentity() {
    String spare = collections.aliases().get(spare());
    return spare == null ? null : spare + " " + collections.collection(spare).made();
  }

  /** What an earlier call left without an alias is deleted first. */
  @Override
  public void prepare() {
    Numbers now = numbers();
    if (now.shown() == 0) {
      throw new IllegalStateException(
          "there is no alias %s to be rebuilt: start the view's projector".formatted(shown()));
    }
    if (now.hasSpare()) {
      refuseOtherModel();
      return;
    }
    String name = collections.name(now.shown() + 1);
    delete(name);
    collections.collection(name).create();
    var unused = link().await(link().client().createAliasAsync(spare(), name));
  }

  @Override
  public Switch exchange(
      Numbers expected, Supplier<Map<Integer, Long>> logEnds, boolean unconditional) {
    Map<String, String> before = collections.aliases();
    refuseOthers(before, expected);
    String shown = Objects.requireNonNull(before.get(shown()), shown());
    String spare = Objects.requireNonNull(before.get(spare()), spare());
    Attempt attempt =
        unconditional
            ? new Attempt(System.nanoTime(), null)
            : takeOver(positions(shown), positions(spare), logEnds);
    if (attempt.refused() == null) {
      refuseOthers(collections.aliases(), expected);
      move(shown, spare);
    }
    return new Switch(
        Duration.ofNanos(System.nanoTime() - attempt.fencedSince()), attempt.refused());
  }

  /**
   * @param fencedSince since when nobody may have written to the shown generation
   */
  private record Attempt(long fencedSince, @Nullable String refused) {}

  /** Not refused if the spare generation shows all that the shown one can until it is replaced. */
  private static Attempt takeOver(
      Positions shown, Positions spare, Supplier<Map<Integer, Long>> logEnds) {
    Map<Integer, Long> now = logEnds.get();
    if (!reaches(spare, now)) {
      return new Attempt(System.nanoTime(), "the spare generation is not at the log's end yet");
    }
    long fencedSince = System.nanoTime();
    Map<Integer, Long> epochs = new TreeMap<>();
    now.keySet().forEach(p -> epochs.put(p, shown.acquire(p).epoch()));
    if (!reaches(spare, logEnds.get())) {
      return new Attempt(fencedSince, "the spare generation has not come to the log's end in time");
    }
    boolean held =
        epochs.entrySet().stream()
            .allMatch(of -> shown.stored(of.getKey()).epoch() == of.getValue());
    return new Attempt(
        fencedSince,
        held ? null : "the view's projector came back before the spare generation was ready");
  }

  /** False if it does not get there within the patience. */
  private static boolean reaches(Positions positions, Map<Integer, Long> ends) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      long[] at = positions.offsets(ends.size());
      if (ends.entrySet().stream().allMatch(end -> at[end.getKey()] >= end.getValue())) {
        return true;
      }
      if (System.nanoTime() > deadline) {
        return false;
      }
      pause();
    }
  }

  /** The request says where each alias is to lead, so to repeat it changes nothing. */
  private void move(String shown, String spare) {
    ChangeAliases request =
        ChangeAliases.newBuilder()
            .addActions(delete(DeleteAlias.newBuilder().setAliasName(shown())))
            .addActions(delete(DeleteAlias.newBuilder().setAliasName(spare())))
            .addActions(
                create(CreateAlias.newBuilder().setAliasName(shown()).setCollectionName(spare)))
            .addActions(
                create(CreateAlias.newBuilder().setAliasName(spare()).setCollectionName(shown)))
            .build();
    var unused = link().await(link().client().grpcClient().collections().updateAliases(request));
  }

  @Override
  public List<String> boundToSpare() {
    return List.of();
  }

  /** The alias first, so that it shows before the collection is deleted whether it is shown now. */
  @Override
  public void drop(Numbers expected) {
    Map<String, String> before = collections.aliases();
    refuseOthers(before, expected);
    String spare = before.get(spare());
    if (spare == null) {
      return;
    }
    var unused = link().await(link().client().deleteAliasAsync(spare()));
    if (collections.aliases().containsValue(spare)) {
      String other = Objects.requireNonNull(before.get(shown()), shown());
      unused = link().await(link().client().createAliasAsync(spare(), other));
      throw another();
    }
    delete(spare);
  }

  private void refuseOthers(Map<String, String> aliases, Numbers expected) {
    if (!numbers(aliases).equals(expected)) {
      throw another();
    }
  }

  private IllegalStateException another() {
    return new IllegalStateException(
        "another command has switched or dropped generations of the view %s meanwhile"
            .formatted(view()));
  }

  private void refuseOtherModel() {
    QdrantCollection spare =
        collections.collection(Objects.requireNonNull(collections.aliases().get(spare()), spare()));
    if (!spare.model().id().equals(collections.model())) {
      throw new IllegalStateException(
          "the spare generation has vectors of the model %s, not of %s: set vector.model to the first to go on with it, or drop it (driftless rebuild vector --drop)"
              .formatted(spare.model().id(), collections.model()));
    }
  }

  @Override
  public boolean isTransient(Exception e) {
    return VectorProjector.maySucceedLater(e);
  }

  @Override
  public void close() {
    collections.close();
  }

  private Numbers numbers(Map<String, String> aliases) {
    return new Numbers(number(aliases.get(shown())), number(aliases.get(spare())));
  }

  private int number(@Nullable String collection) {
    return collection == null ? 0 : collections.number(collection);
  }

  private Positions positions(String collection) {
    return new Positions(collections.collection(collection));
  }

  private void delete(String collection) {
    if (link().await(link().client().collectionExistsAsync(collection))) {
      var unused = link().await(link().client().deleteCollectionAsync(collection));
    }
  }

  private QdrantLink link() {
    return collections.link();
  }

  private String shown() {
    return VectorCollections.alias(names);
  }

  private String spare() {
    return VectorCollections.alias(names.spare());
  }

  private static AliasOperations delete(DeleteAlias.Builder alias) {
    return AliasOperations.newBuilder().setDeleteAlias(alias).build();
  }

  private static AliasOperations create(CreateAlias.Builder alias) {
    return AliasOperations.newBuilder().setCreateAlias(alias).build();
  }

  private static void pause() {
    try {
      Thread.sleep(POLL.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while generations were switched", e);
    }
  }
}
