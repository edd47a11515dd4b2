package dev.driftless.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * How far a view is in one partition, as its projector says on the topic {@link Names#positions}:
 * key {@code <view>/<partition>}, value this record as a JSON object. Published after the store has
 * acknowledged what is below {@code offset}, and again every few seconds.
 *
 * <p>Of several the one with the highest epoch counts, and of those the last: a projector that was
 * replaced, and says something late, is not believed.
 *
 * @param topicId of the log
 * @param generation of the view: which of those in its store readers see; empty where there is one
 * @param epoch of the projector that says so
 * @param offset the first one that the view has not applied
 * @param deadLettersEnd whatever the view set aside below {@code offset} of this partition is below
 *     this offset of its dead-letter topic
 * @param waiting why the view does not go on, one line; null if nothing is known to hold it up
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ViewPosition(
    String view,
    int partition,
    String topicId,
    String generation,
    long epoch,
    long offset,
    long deadLettersEnd,
    @Nullable String waiting) {

  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  /** The record key, by which the topic is compacted. */
  public byte[] key() {
    return (view + "/" + partition).getBytes(UTF_8);
  }

  /** The record value. */
  public byte[] value() {
    try {
      return JSON.writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("every position is a JSON object", e);
    }
  }

  /**
   * Reads a record value; fields of a newer version are passed over.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static ViewPosition of(byte[] value) {
    try {
      return JSON.readValue(value, ViewPosition.class);
    } catch (IOException e) {
      throw new IllegalArgumentException("not the position of a view", e);
    }
  }
}
