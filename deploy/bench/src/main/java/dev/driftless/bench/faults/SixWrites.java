package dev.driftless.bench.faults;

import dev.driftless.projectors.app.ProjectorsConfig;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;

/**
 * {@link Way#NAIVE}, {@link Way#CAREFUL} and {@link Way#SAGA}: a write to each store in turn, and
 * what to do when one fails.
 */
final class SixWrites implements ActionWriter {

  private final Way way;
  private final Map<Store, StoreClient> stores = new EnumMap<>(Store.class);

  SixWrites(Way way, ProjectorsConfig servers, String qdrant) {
    this.way = way;
    stores.put(Store.VECTOR, new QdrantPoints(qdrant, way));
    stores.put(Store.RELATIONAL, new SqlTable(servers.relational(), way, Store.RELATIONAL));
    stores.put(
        Store.CACHE, new RedisSessions(servers.cache().uri(), servers.cache().timeout(), way));
    stores.put(Store.LOG, new KafkaTopic(servers.kafka(), way));
    stores.put(Store.AUDIT, new SqlTable(servers.audit(), way, Store.AUDIT));
    stores.put(Store.CONTEXT, new SqlTable(servers.context(), way, Store.CONTEXT));
  }

  @Override
  public void store(Action action) throws Exception {
    switch (way) {
      case NAIVE -> once(action);
      case CAREFUL -> repeatedly(action);
      case SAGA -> orNotAtAll(action);
      case DRIFTLESS -> throw new IllegalStateException("driftless writes to the log alone");
    }
  }

  /** To one of the stores alone. */
  void write(Store store, Action action) throws Exception {
    client(store).write(action);
  }

  private void once(Action action) throws Exception {
    for (Store store : action.stores()) {
      client(store).write(action);
    }
  }

  private void repeatedly(Action action) throws Exception {
    for (Store store : action.stores()) {
      Attempts.at(() -> client(store).write(action));
    }
  }

  /**
   * What is to be undone is known to this method alone, as in a saga that keeps no log of itself.
   * The write that failed is undone too, for it may have happened.
   */
  private void orNotAtAll(Action action) throws Exception {
    Deque<Store> toUndo = new ArrayDeque<>();
    try {
      for (Store store : action.stores()) {
        toUndo.push(store);
        client(store).write(action);
      }
    } catch (Exception e) {
      undo(action, toUndo);
      throw e;
    }
  }

  /** In reverse order; one that fails for good does not keep the others from being undone. */
  private void undo(Action action, Deque<Store> stores) throws InterruptedException {
    for (Store store : stores) {
      try {
        Attempts.at(() -> client(store).undo(action));
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        System.err.println(action + ": not undone in " + store.id() + ": " + e);
      }
    }
  }

  private StoreClient client(Store store) {
    StoreClient client = stores.get(store);
    if (client == null) {
      throw new IllegalStateException("no client of " + store.id());
    }
    return client;
  }

  @Override
  public void close() {
    stores.values().forEach(StoreClient::close);
  }
}
