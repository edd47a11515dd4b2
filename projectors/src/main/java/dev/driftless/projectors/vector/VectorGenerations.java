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
    return numbers(collections.aliases());
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
    if (!numbers(before).equals(expected)) {
      throw new IllegalStateException(
          "another command has switched or dropped generations of the view %s meanwhile"
              .formatted(view()));
    }
    String shown = Objects.requireNonNull(before.get(shown()), shown());
    String spare = Objects.requireNonNull(before.get(spare()), spare());
    String refused = unconditional ? null : behind(positions(shown), positions(spare), logEnds);
    long started = System.nanoTime();
    if (refused == null) {
      move(shown, spare);
    }
    return new Switch(Duration.ofNanos(System.nanoTime() - started), refused);
  }

  /** Null if the spare generation shows all that the shown one can show until it is replaced. */
  private @Nullable String behind(
      Positions shown, Positions spare, Supplier<Map<Integer, Long>> logEnds) {
    Map<Integer, Long> now = logEnds.get();
    if (!reaches(spare, now)) {
      return "the spare generation is not at the log's end yet";
    }
    Map<Integer, Long> epochs = new TreeMap<>();
    now.keySet().forEach(p -> epochs.put(p, shown.acquire(p).epoch()));
    if (!reaches(spare, logEnds.get())) {
      return "the spare generation has not come to the log's end in time";
    }
    boolean held =
        epochs.entrySet().stream()
            .allMatch(of -> shown.stored(of.getKey()).epoch() == of.getValue());
    return held ? null : "the view's projector came back before the spare generation was ready";
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

  /** A collection takes its aliases with it. */
  @Override
  public void drop() {
    Map<String, String> aliases = collections.aliases();
    String spare = aliases.get(spare());
    if (spare != null && !spare.equals(aliases.get(shown()))) {
      delete(spare);
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
