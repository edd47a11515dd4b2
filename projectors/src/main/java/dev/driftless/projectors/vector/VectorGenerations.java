package dev.driftless.projectors.vector;

import dev.driftless.projectors.Generations;
import dev.driftless.schemas.Names;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.qdrant.client.QdrantException;
import io.qdrant.client.grpc.Collections.AliasOperations;
import io.qdrant.client.grpc.Collections.ChangeAliases;
import io.qdrant.client.grpc.Collections.CreateAlias;
import io.qdrant.client.grpc.Collections.DeleteAlias;
import io.qdrant.client.grpc.Collections.RenameAlias;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The generations of the vector view: two collections, each behind its alias. To switch is to move
 * both aliases, in one request.
 *
 * <p>Several commands may be at it at once, and Qdrant has no transactions; but the actions on
 * aliases of one request are done together, up to the first one that fails, and to rename an alias
 * fails if it is not there. So there is an alias that counts: whatever changes aliases renames it
 * first, from the number that was read together with them. Whoever comes second changes nothing. No
 * collection is deleted that another command may still put behind an alias: one that is dropped
 * gets an alias that says so, and its number is not given away before it is gone.
 *
 * <p>Qdrant has no lock that would keep the shown generation's position from moving between a look
 * at it and that request. So its partitions are taken over first: whoever wrote them is fenced, and
 * takes longer to come back than the rest of the switch. Whatever it wrote or is still writing
 * comes from below the log's end as it is then, and the spare generation has to reach that end
 * before the aliases are moved. If somebody has come back before, it is refused.
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
    return numbers(read());
  }

  /** The collection's name, and what was written beside it when it was made. */
  @Override
  public @Nullable String spareIdentity() {
    String spare = collections.aliases().get(spare());
    return spare == null ? null : spare + " " + collections.collection(spare).made();
  }

  /** What an earlier call left without an alias is as empty as a new one. */
  @Override
  public void prepare() {
    Aliases now = look();
    String shown = now.shown();
    if (shown == null) {
      throw new IllegalStateException(
          "there is no alias %s to be rebuilt: start the view's projector".formatted(shown()));
    }
    if (now.spare() != null) {
      refuseOtherModel(now.spare());
      return;
    }
    int last =
        Stream.concat(Stream.of(shown), now.dropped().stream())
            .mapToInt(collections::number)
            .max()
            .orElseThrow();
    String name = collections.name(last + 1);
    collections.collection(name).create();
    if (turn(now, shown, create(spare(), name))) {
      now.dropped().forEach(this::delete);
    } else {
      prepare(); // from what another command has made of it
    }
  }

  @Override
  public Switch exchange(
      Numbers expected, Supplier<Map<Integer, Long>> logEnds, boolean unconditional) {
    Aliases before = look();
    refuseOthers(before, expected);
    String shown = Objects.requireNonNull(before.shown(), shown());
    String spare = Objects.requireNonNull(before.spare(), spare());
    Attempt attempt =
        unconditional
            ? new Attempt(System.nanoTime(), null)
            : takeOver(positions(shown), positions(spare), logEnds);
    if (attempt.refused() == null && !move(before, shown, spare)) {
      throw another();
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

  /** False if another command has changed something since. */
  private boolean move(Aliases before, String shown, String spare) {
    return turn(
        before,
        spare,
        remove(shown()),
        remove(spare()),
        create(shown(), spare),
        create(spare(), shown));
  }

  @Override
  public List<String> boundToSpare() {
    return List.of();
  }

  @Override
  public void drop(Numbers expected) {
    putAside(expected);
    look().dropped().forEach(this::delete);
  }

  /** From then on nobody gets at the spare generation but who deletes it. */
  void putAside(Numbers expected) {
    Aliases before = look();
    refuseOthers(before, expected);
    String spare = before.spare();
    String holder = before.shown() == null ? spare : before.shown();
    if (spare != null
        && holder != null
        && !turn(before, holder, rename(spare(), dropped() + collections.number(spare)))) {
      throw another();
    }
  }

  private void refuseOthers(Aliases aliases, Numbers expected) {
    if (!numbers(aliases).equals(expected)) {
      throw another();
    }
  }

  private IllegalStateException another() {
    return new IllegalStateException(
        "another command has switched or dropped generations of the view %s meanwhile"
            .formatted(view()));
  }

  private void refuseOtherModel(String collection) {
    QdrantCollection spare = collections.collection(collection);
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

  /**
   * What the view's aliases lead to, all from one answer.
   *
   * @param turn how often they were changed by commands; negative where none ever was here
   * @param dropped what is to be deleted
   */
  private record Aliases(
      long turn, @Nullable String shown, @Nullable String spare, List<String> dropped) {}

  private Aliases read() {
    Map<String, String> all = collections.aliases();
    return new Aliases(
        all.keySet().stream()
            .filter(alias -> alias.startsWith(turn()))
            .mapToLong(alias -> Long.parseLong(alias.substring(turn().length())))
            .max()
            .orElse(-1),
        all.get(shown()),
        all.get(spare()),
        all.keySet().stream().filter(alias -> alias.startsWith(dropped())).map(all::get).toList());
  }

  /** As it has to be read before it is changed. */
  private Aliases look() {
    Aliases now = read();
    String holder = now.shown() == null ? now.spare() : now.shown();
    if (now.turn() >= 0 || holder == null) {
      return now;
    }
    request(create(turn() + 0, holder)); // whoever else does so does the same
    return read();
  }

  /**
   * Changes aliases, unless another command has since they were read.
   *
   * @param holder what the alias that counts leads to, so that it is not lost with a collection
   * @return false if nothing was changed
   */
  private boolean turn(Aliases since, String holder, AliasOperations... changes) {
    String next = turn() + (since.turn() + 1);
    List<AliasOperations> actions = new ArrayList<>();
    actions.add(rename(turn() + since.turn(), next));
    actions.add(remove(next));
    actions.add(create(next, holder));
    actions.addAll(List.of(changes));
    try {
      request(actions.toArray(AliasOperations[]::new));
      return true;
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }

  private void request(AliasOperations... actions) {
    ChangeAliases request = ChangeAliases.newBuilder().addAllActions(List.of(actions)).build();
    var unused = link().await(link().client().grpcClient().collections().updateAliases(request));
  }

  private Numbers numbers(Aliases aliases) {
    return new Numbers(number(aliases.shown()), number(aliases.spare()));
  }

  private int number(@Nullable String collection) {
    return collection == null ? 0 : collections.number(collection);
  }

  private Positions positions(String collection) {
    return new Positions(collections.collection(collection));
  }

  /** No harm if another command does it at the same time. */
  private void delete(String collection) {
    try {
      var unused = link().await(link().client().deleteCollectionAsync(collection));
    } catch (QdrantException e) {
      if (link().await(link().client().collectionExistsAsync(collection))) {
        throw e;
      }
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

  /** The beginning of the alias that counts. */
  private String turn() {
    return shown() + "-turn-";
  }

  /** The beginning of the aliases of what is to be deleted. */
  private String dropped() {
    return shown() + "-dropped-";
  }

  private static AliasOperations rename(String from, String to) {
    RenameAlias rename = RenameAlias.newBuilder().setOldAliasName(from).setNewAliasName(to).build();
    return AliasOperations.newBuilder().setRenameAlias(rename).build();
  }

  private static AliasOperations remove(String alias) {
    DeleteAlias delete = DeleteAlias.newBuilder().setAliasName(alias).build();
    return AliasOperations.newBuilder().setDeleteAlias(delete).build();
  }

  private static AliasOperations create(String alias, String collection) {
    CreateAlias create =
        CreateAlias.newBuilder().setAliasName(alias).setCollectionName(collection).build();
    return AliasOperations.newBuilder().setCreateAlias(create).build();
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
