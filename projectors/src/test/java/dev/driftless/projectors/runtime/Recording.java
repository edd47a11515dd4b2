package dev.driftless.projectors.runtime;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.awaitility.Awaitility;

/** Notes what is asked of a real projector. */
final class Recording implements Projector {

  final List<Integer> sizes = new CopyOnWriteArrayList<>();

  final List<LogRecord> records = new CopyOnWriteArrayList<>();
  final List<Integer> reads = new CopyOnWriteArrayList<>();
  final List<Repair> repairs = new CopyOnWriteArrayList<>();
  final Set<String> threads = ConcurrentHashMap.newKeySet();
  private final Projector projector;
  private final Consumer<Repair> repairing;

  Recording(Projector projector) {
    this(projector, repair -> {});
  }

  /**
   * @param repairing what a repair does, in place of the projector's
   */
  Recording(Projector projector, Consumer<Repair> repairing) {
    this.projector = projector;
    this.repairing = repairing;
  }

  @Override
  public String view() {
    return projector.view();
  }

  @Override
  public Fence acquire(int partition) {
    return projector.acquire(partition);
  }

  @Override
  public Fence stored(int partition) {
    reads.add(partition);
    return projector.stored(partition);
  }

  @Override
  public void apply(Batch batch) {
    apply(List.of(batch));
  }

  @Override
  public void apply(List<Batch> batches) {
    for (Batch batch : batches) {
      sizes.add(batch.records().size());
      records.addAll(batch.records());
    }
    threads.add(Thread.currentThread().getName());
    projector.apply(batches);
  }

  @Override
  public void repair(Repair repair) {
    repairs.add(repair);
    threads.add(Thread.currentThread().getName());
    repairing.accept(repair);
  }

  @Override
  public boolean isTransient(Exception e) {
    return projector.isTransient(e);
  }

  @Override
  public void close() {
    projector.close();
  }

  /** How often the store was needed to go on. */
  int calls() {
    return sizes.size() + reads.size();
  }

  /** The repairs that it was asked for, once there are so many. */
  List<Repair> await(int count) {
    Awaitility.await("repairs").atMost(Duration.ofSeconds(60)).until(() -> repairs.size() >= count);
    return List.copyOf(repairs);
  }
}
