package dev.driftless.projectors;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EntityTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0",
    "0, 511, 0",
    "0, 512, 1",
    "1, 0, 31",
    "3, 1024, 95",
    "0, 2097152, 0",
    "-1, 0, 4065",
    "0, -511, 0",
    "0, -512, 4095",
    "2147483647, 9223372036854775807, 4064",
    "-2147483648, -9223372036854775808, 0"
  })
  void bucket_of_a_record_is_one_of_all_whatever_its_numbers(
      int partition, long offset, int bucket) {
    assertThat(Entity.record(partition, offset).bucket()).isEqualTo(bucket);
  }

  @Test
  void record_tells_its_own_partition_and_the_one_that_looks_after_it() {
    Entity record = Entity.record(1, 7);
    assertThat(record.recordPartition()).isEqualTo(1);
    assertThat(record.offset()).isEqualTo(7);
    assertThat(record.partition(4)).isEqualTo(1);

    Entity phantom = Entity.record(-1, -7);
    assertThat(phantom.recordPartition()).isEqualTo(-1);
    assertThat(phantom.offset()).isEqualTo(-7);
    assertThat(phantom.partition(4)).isEqualTo(3);
    assertThat(Entity.record(9, 7).partition(4)).isEqualTo(1);
  }
}
