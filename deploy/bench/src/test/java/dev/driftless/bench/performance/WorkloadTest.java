package dev.driftless.bench.performance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MemoryRevised;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class WorkloadTest {

  private static final int EVENTS = 20_000;

  private final List<MemoryEvent> events = new Workload(1, false).next(EVENTS);

  @Test
  void a_seed_names_one_load() {
    assertThat(new Workload(1, false).next(EVENTS)).isEqualTo(events);
    assertThat(new Workload(2, false).next(EVENTS)).isNotEqualTo(events);
  }

  @Test
  void one_in_twenty_revises_and_one_in_a_hundred_forgets() {
    assertThat(share(MemoryRevised.class)).isCloseTo(0.05, within(0.01));
    assertThat(share(MemoryForgotten.class)).isCloseTo(0.01, within(0.003));
  }

  @Test
  void few_subjects_are_met_often() {
    Map<String, Long> met =
        events.stream()
            .collect(Collectors.groupingBy(MemoryEvent::getSubject, Collectors.counting()));
    // of 10,000 in Zipf's order the first has a tenth, and most are never met by so few events
    assertThat(Collections.max(met.values())).isBetween(EVENTS / 12L, EVENTS / 8L);
    assertThat(met).hasSizeBetween(3_000, 7_000);
  }

  @Test
  void texts_are_as_long_as_messages_of_agents_and_no_two_alike() {
    List<String> texts =
        events.stream()
            .map(MemoryEvent::getPayload)
            .filter(MemoryRecorded.class::isInstance)
            .map(payload -> ((MemoryRecorded) payload).getText())
            .toList();
    assertThat(texts).doesNotHaveDuplicates();
    List<Integer> lengths = texts.stream().map(String::length).sorted().toList();
    assertThat(lengths.get(lengths.size() / 2)).isBetween(160, 200);
    assertThat(lengths.get(lengths.size() * 95 / 100)).isBetween(850, 1_000);
  }

  @Test
  void a_vector_is_brought_where_it_is_to_be() {
    Function<MemoryEvent, Object> embedding =
        event -> ((MemoryRecorded) event.getPayload()).getEmbedding();
    MemoryEvent first = new Workload(1, true).next(1).get(0);
    assertThat(embedding.apply(first)).isNotNull();
    assertThat(embedding.apply(events.get(0))).isNull();
  }

  private double share(Class<?> payload) {
    return (double) events.stream().filter(e -> payload.isInstance(e.getPayload())).count()
        / EVENTS;
  }
}
