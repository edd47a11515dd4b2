package dev.driftless.bench;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** A topic of somebody who is measured beside us. */
public final class PeerTopic {

  private PeerTopic() {}

  /**
   * When this returns, every partition takes records: a producer that is faster than a partition's
   * leader has its first batch refused, a later one taken, and waits in vain for the first
   * (KAFKA-15591). Only a leader tells where its partition ends.
   */
  public static void create(Admin admin, String name, int partitions)
      throws ExecutionException, InterruptedException {
    admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1))).all().get();
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    for (int partition = 0; partition < partitions; partition++) {
      ends.put(new TopicPartition(name, partition), OffsetSpec.latest());
    }
    var unused = admin.listOffsets(ends).all().get();
  }
}
