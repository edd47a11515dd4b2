package dev.driftless.bench.faults;

import dev.driftless.bench.MadeUp;
import dev.driftless.bench.PeerTopic;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * Where the ways without a log of events keep actions, each under its own name.
 *
 * <pre>
 * vector       collection naive-actions       a point: payload id, tenant, subject, session, text
 * relational   table naive.relational         a row: id, kind, tenant, subject, session, content
 * cache        naive:session:SUBJECT:SESSION  a hash: id → text
 * log          topic naive-actions            a record: key subject, value {id, text} or {id, undone}
 * audit        table naive.audit              as relational; content is the text's SHA-256
 * context      table naive.context            as relational
 * </pre>
 *
 * <p>An id is unique in the tables, but in an audit trail only where writing is to be idempotent:
 * else it takes what comes.
 */
final class OwnLayout implements Layout {

  private static final int PARTITIONS = 4;

  private final Way way;
  private final DirectReads stores;

  OwnLayout(Way way, DirectReads stores) {
    this.way = way;
    this.stores = stores;
  }

  static String table(Way way, Store store) {
    return way.id() + "." + store.id();
  }

  static String sessions(Way way) {
    return way.id() + ":session:";
  }

  static String collection(Way way) {
    return way.id() + "-actions";
  }

  static String topic(Way way) {
    return way.id() + "-actions";
  }

  @Override
  public void create() throws Exception {
    stores.sql("CREATE SCHEMA " + way.id());
    for (Store store : List.of(Store.RELATIONAL, Store.AUDIT, Store.CONTEXT)) {
      stores.sql(
          """
          CREATE TABLE %1$s (row bigserial, id text NOT NULL, kind text NOT NULL, tenant text NOT NULL,
            subject text NOT NULL, session text NOT NULL, content text NOT NULL);
          CREATE %2$s INDEX ON %1$s (id)
          """
              .formatted(
                  table(way, store), store == Store.AUDIT && way != Way.CAREFUL ? "" : "UNIQUE"));
    }
    stores.qdrant(
        "PUT",
        "/collections/" + collection(way),
        Map.of("vectors", Map.of("size", MadeUp.DIMENSIONS, "distance", "Cosine")));
    PeerTopic.create(stores.admin(), topic(way), PARTITIONS);
  }

  @Override
  public boolean isFinal() {
    return true;
  }

  @Override
  public Holdings read()
      throws SQLException, IOException, InterruptedException, ExecutionException, TimeoutException {
    Holdings holdings = new Holdings();
    stores.points(
        collection(way),
        payload ->
            holdings.add(
                Store.VECTOR,
                payload.path("id").asText(),
                Action.hash(payload.path("text").asText())));
    stores.rows(
        "SELECT id, content FROM " + table(way, Store.RELATIONAL),
        row -> holdings.add(Store.RELATIONAL, row.get(0), Action.hash(row.get(1))));
    stores.rows(
        "SELECT id, content FROM " + table(way, Store.AUDIT),
        row -> holdings.add(Store.AUDIT, row.get(0), row.get(1)));
    stores.rows(
        "SELECT id, content FROM " + table(way, Store.CONTEXT),
        row -> holdings.add(Store.CONTEXT, row.get(0), Action.hash(row.get(1))));
    stores.hashes(
        sessions(way) + "*",
        (key, hash) ->
            hash.forEach((id, text) -> holdings.add(Store.CACHE, id, Action.hash(text))));
    stores.records(
        topic(way),
        record -> {
          var value = DirectReads.json(record.value());
          String id = value.path("id").asText();
          if (value.path("undone").asBoolean()) {
            holdings.remove(Store.LOG, id);
          } else {
            holdings.add(Store.LOG, id, Action.hash(value.path("text").asText()));
          }
        });
    return holdings;
  }
}
