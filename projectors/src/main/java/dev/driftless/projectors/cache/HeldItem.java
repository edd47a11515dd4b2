package dev.driftless.projectors.cache;

import dev.driftless.projectors.ContentHash;
import dev.driftless.projectors.HeldRow;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One row of an entity with what it holds; its fields are those of {@link HeldRow}. */
record HeldItem(String name, long offset, @Nullable Instant goneAt, Map<String, String> fields) {

  HeldRow row() {
    long digest = ByteBuffer.wrap(new ContentHash().add(fields).digest()).getLong();
    return new HeldRow(name, offset, digest, null, goneAt);
  }

  /** One JSON object. */
  String json() {
    return new Fields()
        .add("row", name)
        .add("goneAt", goneAt == null ? null : Objects.requireNonNull(goneAt).toString())
        .add("holds", fields)
        .json();
  }

  /** Never what it holds. */
  @Override
  public String toString() {
    return "HeldItem[" + name + " offset=" + offset + "]";
  }
}
