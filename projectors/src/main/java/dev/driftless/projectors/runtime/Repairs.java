package dev.driftless.projectors.runtime;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import dev.driftless.projectors.runtime.ViewMeters.Outcome;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.RegistryUnavailableException;
import dev.driftless.schemas.UndecodableException;
import java.io.IOException;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the requests for repair of one stream thread's partitions, between drains. What was asked
 * for at some offset is done at a later one only if no event between may have changed the entity.
 * What has to be tried again stays here; what is asked twice is done twice, which changes nothing
 * more.
 */
final class Repairs implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Repairs.class);

  /** Entities in one call of the projector. */
  private static final int MOST = 5_000;

  private static final int MOST_ATTEMPTS = 12;

  /** Records of the log that are read again to see whether a request still holds. */
  private static final long TOO_OLD = 100_000;

  private final Projector projector;
  private final EventDecoder decoder;
  private final ViewMeters meters;
  private final RepairInbox inbox;
  private final LogChanges log;

  private final Backoff backoff = new Backoff();

  /** By partition, under which epoch the log's end was asked for, and what it was. */
  private final Map<Integer, CatchUp> catchUps = new HashMap<>();

  /** Read from the inbox and not done yet, by partition; an entity's last request alone. */
  private final Map<Integer, Map<Entity, RepairRequest>> open = new HashMap<>();

  Repairs(ViewParts parts, RuntimeConfig config) {
    this.projector = parts.projector();
    this.decoder = parts.decoder();
    this.meters = parts.meters();
    this.inbox = new RepairInbox(projector.view(), config);
    this.log = new LogChanges(config, decoder);
  }

  /** Takes in what is asked of these partitions, and lets go of all others. */
  void receive(Set<Integer> partitions) {
    open.keySet().retainAll(partitions);
    inbox.receive(partitions);
  }

  /**
   * Serves what was received for this partition, which is drained. What cannot be done now is tried
   * again, and given up in the end, for whoever asked will look again; the view goes on meanwhile.
   *
   * @throws FencedException if the store is not as this process left it; what is left is tried
   *     again
   */
  void serve(OwnedPartition partition) {
    if (backoff.waiting()) {
      return;
    }
    try {
      serveNow(partition);
      backoff.succeeded();
    } catch (StoreAwayException e) {
      meters.retry();
      int failures = backoff.failed();
      int dropped = open.getOrDefault(partition.partition(), Map.of()).size();
      if (failures < MOST_ATTEMPTS || dropped == 0) {
        LOG.info(
            "view={} partition={} attempt={} repairs wait: {}",
            projector.view(),
            partition.partition(),
            failures,
            Drain.firstLine(e));
        return;
      }
      LOG.warn(
          "view={} partition={} {} repairs given up after {} attempts: {}",
          projector.view(),
          partition.partition(),
          dropped,
          failures,
          Drain.firstLine(e));
      meters.repairs(Outcome.REFUSED, dropped);
      open.remove(partition.partition());
      inbox.done(partition.partition());
      backoff.succeeded();
    }
  }

  private void serveNow(OwnedPartition partition) {
    Deque<ConsumerRecord<byte[], byte[]>> waiting = inbox.waiting(partition.partition());
    Map<Entity, RepairRequest> requests =
        open.computeIfAbsent(partition.partition(), p -> new LinkedHashMap<>());
    if (waiting.isEmpty() && requests.isEmpty()) {
      return;
    }
    while (!waiting.isEmpty()) {
      RepairRequest request = read(waiting.getFirst(), partition);
      waiting.removeFirst();
      if (request != null) {
        add(requests, request);
      }
    }
    if (!isCaughtUp(partition)) {
      return;
    }
    dropOutdated(requests, partition);
    repair(requests, partition);
    inbox.done(partition.partition());
  }

  @Override
  public void close() {
    inbox.close();
    log.close();
  }

  /**
   * Whoever had the partition before may have written data beyond the position that it left, which
   * a repair as of that position would take back.
   */
  private boolean isCaughtUp(OwnedPartition partition) {
    long epoch = partition.fence().epoch();
    CatchUp catchUp = catchUps.get(partition.partition());
    if (catchUp == null || catchUp.epoch != epoch) {
      try {
        catchUp = new CatchUp(epoch, log.end(partition.partition()));
      } catch (InterruptException e) {
        throw e;
      } catch (KafkaException e) {
        throw new StoreAwayException(e);
      }
      catchUps.put(partition.partition(), catchUp);
    }
    return partition.fence().offset() >= catchUp.end;
  }

  /** Null if there is no request for this view and partition in the record. */
  private @Nullable RepairRequest read(ConsumerRecord<byte[], byte[]> r, OwnedPartition partition) {
    try {
      RepairRequest request = RepairJson.read(r.value(), r.partition(), decoder);
      if (request.view().equals(projector.view())
          && request.entity().partition(partition.partitions()) == partition.partition()) {
        return request;
      }
      malformed(r, "it is of another view or partition");
    } catch (RegistryUnavailableException e) {
      throw new StoreAwayException(e);
    } catch (IOException | UndecodableException | RuntimeException e) {
      // the message might quote what it could not read
      malformed(r, e.getClass().getSimpleName());
    }
    return null;
  }

  private void malformed(ConsumerRecord<byte[], byte[]> r, String reason) {
    meters.repairs(Outcome.REFUSED, 1);
    LOG.warn(
        "view={} topic={} partition={} offset={} dropped, not a request for repair: {}",
        projector.view(),
        r.topic(),
        r.partition(),
        r.offset(),
        reason);
  }

  private void add(Map<Entity, RepairRequest> requests, RepairRequest request) {
    RepairRequest other = requests.get(request.entity());
    if (other == null || other.asOf() <= request.asOf()) {
      requests.put(request.entity(), request);
    }
    if (other != null) {
      meters.repairs(Outcome.SUPERSEDED, 1);
    }
  }

  private void dropOutdated(Map<Entity, RepairRequest> requests, OwnedPartition partition) {
    long position = partition.fence().offset();
    Set<Entity> changed = changed(requests.values(), partition);
    requests
        .values()
        .removeIf(
            request -> {
              String reason = outdated(request, partition, changed);
              if (reason == null) {
                return false;
              }
              meters.repairs(Outcome.SUPERSEDED, 1);
              LOG.info(
                  "view={} partition={} offset={} kind={} asOf={} not repaired: {}",
                  projector.view(),
                  partition.partition(),
                  position,
                  request.entity().kind(),
                  request.asOf(),
                  reason);
              return true;
            });
  }

  private static @Nullable String outdated(
      RepairRequest request, OwnedPartition partition, Set<Entity> changed) {
    long position = partition.fence().offset();
    if (!request.topicId().equals(partition.topicId())) {
      return "the request is of another log";
    }
    if (request.asOf() > position) {
      return "the view is behind the request";
    }
    Entity entity = request.entity();
    boolean written =
        entity.kind() == Entity.Kind.RECORD
            && request.history().records().isEmpty()
            && request.asOf() <= entity.offset()
            && entity.offset() < position;
    if (written) {
      return "the log has come to the record since";
    }
    if (isOfEvents(entity) && position - request.asOf() > TOO_OLD) {
      return "the request is too far behind the view";
    }
    return changed.contains(request.entity()) ? "an event came after the request" : null;
  }

  /** Those that an event between their request and the view's position may have changed. */
  private Set<Entity> changed(Collection<RepairRequest> requests, OwnedPartition partition) {
    long position = partition.fence().offset();
    List<RepairRequest> behind =
        requests.stream()
            .filter(r -> isOfEvents(r.entity()))
            .filter(r -> r.asOf() < position && position - r.asOf() <= TOO_OLD)
            .toList();
    Set<Entity> changed = new HashSet<>();
    if (behind.isEmpty()) {
      return changed;
    }
    long from = behind.stream().mapToLong(RepairRequest::asOf).min().orElseThrow();
    try {
      log.between(
          partition.partition(),
          from,
          position,
          (source, offset) ->
              behind.stream()
                  .filter(r -> r.asOf() <= offset && r.entity().isChangedBy(source))
                  .forEach(r -> changed.add(r.entity())));
    } catch (InterruptException e) {
      throw e;
    } catch (KafkaException | RegistryUnavailableException e) {
      throw new StoreAwayException(e);
    }
    return changed;
  }

  /** False for what no later event can change. */
  private static boolean isOfEvents(Entity entity) {
    return entity.kind() != Entity.Kind.RECORD && entity.kind() != Entity.Kind.STRAY;
  }

  private void repair(Map<Entity, RepairRequest> requests, OwnedPartition partition) {
    int most = MOST;
    while (!requests.isEmpty()) {
      List<RepairRequest> some = requests.values().stream().limit(most).toList();
      RuntimeException refusal = attempt(some, partition);
      if (refusal != null && some.size() > 1) {
        most = some.size() / 2;
        continue;
      }
      if (refusal == null) {
        served(some, partition);
      } else {
        refused(some.get(0), partition, refusal);
        most = MOST;
      }
      some.forEach(r -> requests.remove(r.entity()));
    }
  }

  /** Null if the store holds it all, its exception if it refuses that for ever. */
  private @Nullable RuntimeException attempt(
      List<RepairRequest> requests, OwnedPartition partition) {
    Repair repair =
        new Repair(
            partition.partition(),
            partition.fence().epoch(),
            partition.fence().offset(),
            requests.stream().map(RepairRequest::history).toList());
    try {
      projector.repair(repair);
      return null;
    } catch (FencedException e) {
      throw e;
    } catch (RuntimeException e) {
      if (projector.isTransient(e)) {
        throw new StoreAwayException(e);
      }
      return e;
    }
  }

  private void served(List<RepairRequest> requests, OwnedPartition partition) {
    meters.repairs(Outcome.SERVED, requests.size());
    LOG.info(
        "view={} partition={} offset={} repaired: {}",
        projector.view(),
        partition.partition(),
        partition.fence().offset(),
        requests.size());
  }

  private void refused(RepairRequest request, OwnedPartition partition, RuntimeException refusal) {
    meters.repairs(Outcome.REFUSED, 1);
    LOG.warn(
        "view={} partition={} offset={} kind={} not repaired, the store refuses it: {}",
        projector.view(),
        partition.partition(),
        partition.fence().offset(),
        request.entity().kind(),
        Drain.firstLine(refusal));
  }

  private record CatchUp(long epoch, long end) {}
}
