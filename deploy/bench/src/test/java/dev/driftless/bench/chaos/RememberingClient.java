package dev.driftless.bench.chaos;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MemoryRevised;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.Receipt;
import dev.driftless.producer.View;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Remembers, revises, forgets and reads at random, and notes whatever it was shown that breaks a
 * promise. A text says which version of its memory it is. What it remembers is its own; it reads
 * what the others remember too, and waits for what they hand it a receipt of.
 */
final class RememberingClient implements Runnable {

  /** What it does. */
  enum Operation {
    REMEMBER,
    FORGET,
    READ,
    READ_ANOTHERS,
    AWAIT_ANOTHERS
  }

  private static final int LIVE_MEMORIES = 8;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** Of a memory that was seen and then not any more. */
  private static final int GONE = Integer.MAX_VALUE;

  private final String subject;
  private final Random random;
  private final MemoryLog log;
  private final Glance glance;
  private final List<RememberingClient> all;
  private final AtomicLong left;

  /** By memory, the version that was appended last; others look at both. */
  private final Map<String, Integer> appended = new ConcurrentHashMap<>();

  private final Set<String> forgotten = ConcurrentHashMap.newKeySet();
  private final Queue<Handed> inbox = new ConcurrentLinkedQueue<>();

  private final List<String> live = new ArrayList<>();
  private final Map<Place, Integer> seen = new HashMap<>();
  private final Map<String, Long> audited = new HashMap<>();
  private final Map<Operation, Integer> done = new EnumMap<>(Operation.class);
  private final List<String> violations = new ArrayList<>();
  private int events;

  /**
   * @param all the clients, this one too
   * @param left operations that are left to all of them
   */
  RememberingClient(
      int number,
      long seed,
      MemoryLog log,
      Glance glance,
      List<RememberingClient> all,
      AtomicLong left) {
    this.subject = "subject-" + number;
    this.random = new Random(seed * 31 + number);
    this.log = log;
    this.glance = glance;
    this.all = all;
    this.left = left;
  }

  private record Place(View view, String subject, String memoryId) {}

  /** Somebody's event to be waited for. */
  private record Handed(RememberingClient from, String memoryId, int version, Receipt receipt) {}

  @Override
  public void run() {
    while (left.getAndDecrement() > 0) {
      Operation operation = next();
      switch (operation) {
        case REMEMBER -> remember();
        case FORGET -> forget();
        case READ -> read(this);
        case READ_ANOTHERS -> read(another());
        case AWAIT_ANOTHERS -> await(inbox.remove());
      }
      done.merge(operation, 1, Integer::sum);
    }
  }

  /** To be asked when it is over. */
  List<String> violations() {
    return violations;
  }

  /** To be asked when it is over. */
  Map<Operation, Integer> done() {
    return done;
  }

  private Operation next() {
    if (!inbox.isEmpty()) {
      return Operation.AWAIT_ANOTHERS;
    }
    int dice = random.nextInt(100);
    if (dice < 40 || live.isEmpty()) {
      return Operation.REMEMBER;
    }
    return dice < 45 ? Operation.FORGET : dice < 80 ? Operation.READ : Operation.READ_ANOTHERS;
  }

  private void remember() {
    boolean isNew = live.size() < LIVE_MEMORIES;
    String memoryId = isNew ? "m" + (appended.size() + 1) : any(live);
    int version = appended.getOrDefault(memoryId, 0) + 1;
    String text = "version " + version;
    Receipt receipt =
        append(
            isNew
                ? new MemoryRecorded(memoryId, MemoryKind.SEMANTIC, text, Map.of(), null, null)
                : new MemoryRevised(memoryId, MemoryKind.SEMANTIC, text, Map.of(), null, null));
    appended.put(memoryId, version);
    if (isNew) {
      live.add(memoryId);
    }
    if (random.nextInt(5) == 0) {
      another().inbox.add(new Handed(this, memoryId, version, receipt));
    }
    View view = any(Glance.VIEWS);
    log.awaitVisible(receipt, view, PATIENCE);
    check(view, this, memoryId, version, receipt);
  }

  private void forget() {
    String memoryId = any(live);
    live.remove(memoryId);
    forgotten.add(memoryId);
    Receipt receipt = append(new MemoryForgotten(memoryId, null));
    View view = any(Glance.VIEWS);
    log.awaitVisible(receipt, view, PATIENCE);
    check(view, this, memoryId, GONE, receipt);
  }

  private void read(RememberingClient whose) {
    List<String> memories = List.copyOf(whose.appended.keySet());
    if (!memories.isEmpty()) {
      check(any(Glance.VIEWS), whose, any(memories), 0, null);
    }
  }

  private void await(Handed handed) {
    View view = any(Glance.VIEWS);
    log.awaitVisible(Receipt.parse(handed.receipt.token()), view, PATIENCE);
    check(view, handed.from, handed.memoryId, handed.version, handed.receipt);
  }

  /**
   * @param least the version that was waited for; 0 if none was
   * @param receipt of the event that was waited for; null if none was
   */
  private void check(
      View view, RememberingClient whose, String memoryId, int least, @Nullable Receipt receipt) {
    if (view.equals(View.AUDIT)) {
      checkAudit(whose, receipt);
      return;
    }
    Place place = new Place(view, whose.subject, memoryId);
    int before = seen.getOrDefault(place, 0);
    Optional<String> text = glance.text(view, whose.subject, memoryId);
    int now =
        text.map(t -> Integer.parseInt(t.substring("version ".length())))
            .orElse(before > 0 || least > 0 ? GONE : 0);
    if (now == GONE && !whose.forgotten.contains(memoryId)) {
      violations.add(
          "%s: was not there (seen before: %d, waited for: %d)".formatted(place, before, least));
    }
    if (now < least) {
      violations.add("%s: read %d after %d was waited for".formatted(place, now, least));
    }
    if (now < before) {
      violations.add("%s: read %d after %d".formatted(place, now, before));
    }
    seen.put(place, Math.max(now, before));
  }

  private void checkAudit(RememberingClient whose, @Nullable Receipt receipt) {
    long now = glance.lastAudited(whose.subject);
    long before = audited.getOrDefault(whose.subject, -1L);
    if (receipt != null && now < receipt.offset()) {
      violations.add("audit %s: read %d after %s".formatted(whose.subject, now, receipt));
    }
    if (now < before) {
      violations.add("audit %s: read %d after %d".formatted(whose.subject, now, before));
    }
    audited.put(whose.subject, now);
  }

  private Receipt append(Object payload) {
    return log.append(
        MemoryEvent.newBuilder()
            .setEventId(subject + "-" + ++events)
            .setOccurredAt(Instant.now())
            .setTenant(Glance.TENANT)
            .setSubject(subject)
            .setAgent("client")
            .setPayload(payload)
            .build());
  }

  private RememberingClient another() {
    return any(all);
  }

  private <T> T any(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }
}
