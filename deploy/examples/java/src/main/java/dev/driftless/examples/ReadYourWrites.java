package dev.driftless.examples;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.Receipt;
import dev.driftless.producer.View;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Remembers something and waits until the relational view shows it, or waits for what another
 * process has remembered.
 *
 * <pre>
 * ReadYourWrites remember TEXT     prints the receipt when the view shows it
 * ReadYourWrites await RECEIPT     returns when the views show it
 * </pre>
 */
public final class ReadYourWrites {

  private ReadYourWrites() {}

  public static void main(String[] arguments) throws Exception {
    try (MemoryLog log = Servers.log(System.getenv())) {
      if (arguments[0].equals("await")) {
        Receipt another = Receipt.parse(arguments[1]);
        log.awaitVisible(List.of(another), List.of(View.RELATIONAL), Duration.ofSeconds(60));
        System.out.println("visible");
        return;
      }
      MemoryEvent event = remembered(arguments[1]);
      Receipt receipt = log.append(event);
      log.awaitVisible(receipt, View.RELATIONAL, Duration.ofSeconds(60));
      System.out.println("receipt " + receipt.token());
    }
  }

  private static MemoryEvent remembered(String text) {
    return MemoryEvent.newBuilder()
        .setEventId(UUID.randomUUID().toString())
        .setOccurredAt(Instant.now())
        .setTenant("acme")
        .setSubject("mia")
        .setAgent("helper")
        .setPayload(new MemoryRecorded("seat", MemoryKind.SEMANTIC, text, Map.of(), null, null))
        .build();
  }
}
