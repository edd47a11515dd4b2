package dev.driftless.examples;

import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.journal.AgentSession;
import dev.driftless.producer.journal.Recovery;
import dev.driftless.producer.journal.Saga;
import dev.driftless.producer.journal.SagaStep;
import dev.driftless.producer.journal.ToolCallJournal;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A trip is booked whole, or not at all: the flight, its bags, and a certificate for the customer.
 *
 * <p>Arguments: the session; the file of the {@link Airline}; {@code run} or {@code give-up}; then,
 * if the airline is to get stuck, the tool. Kill it whenever you like and start it again: {@code
 * run} goes on where it was, {@code give-up} undoes what there is of it, the last step first.
 */
public final class Booking {

  private Booking() {}

  /** See above. */
  public static void main(String[] arguments) {
    Airline airline = new Airline(Path.of(arguments[1]), arguments.length > 3 ? arguments[3] : "");
    try (MemoryLog log = Servers.log(System.getenv())) {
      AgentSession session = new AgentSession("acme", "mia", "booker", arguments[0]);
      ToolCallJournal journal = ToolCallJournal.of(log, Servers.postgres(System.getenv()), session);
      Saga trip = trip(airline);
      try (Recovery recovery = journal.recover(Duration.ofSeconds(60))) {
        if (arguments[2].equals("run")) {
          System.out.println("booked " + trip.run(recovery));
        } else {
          System.out.println("undone " + trip.compensate(recovery, "the customer gave up"));
        }
      }
    }
  }

  static Saga trip(Airline airline) {
    return Saga.of(
        "trip-1",
        SagaStep.of(
                "flight",
                "book_reservation",
                "{\"flight\":\"HAT001\"}",
                call -> airline.call(call.tool(), call.id()))
            .checkedBy(call -> airline.find(call.id()))
            .undoneBy(call -> airline.undo("cancel_reservation", call.id())),
        SagaStep.of(
                "bags",
                "update_reservation_baggages",
                results -> "{\"reservation\":\"" + results.get("flight") + "\",\"bags\":2}",
                call -> airline.call(call.tool(), call.id()))
            .checkedBy(call -> airline.find(call.id()))
            .undoneBy(call -> airline.undo("remove_baggages", call.id())),
        SagaStep.of(
                "certificate",
                "send_certificate",
                "{\"amount\":100}",
                call -> airline.call(call.tool(), call.id()))
            .checkedBy(call -> airline.find(call.id()))
            .undoneBy(call -> airline.undo("withdraw_certificate", call.id())));
  }
}
