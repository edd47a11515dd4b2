package dev.driftless.projectors.postgres;

import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.LogRecord;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * A table of the last state of each entity, and one beside it, {@code past_…}, of the states
 * before: the same columns, and then {@code valid_to} and {@code valid_to_offset} of the event that
 * replaced the state. Immutable.
 */
public final class StateTable {

  private final EntityTable last;
  private final EntityTable past;
  private final String upsert;
  private final String keep;
  private final String insertPast;

  /**
   * @param upsert statement that makes {@code <rows>} of {@code last} the last states
   */
  public StateTable(EntityTable last, String upsert) {
    this.last = last;
    this.past = last.past();
    this.upsert = upsert;
    String columns = String.join(", ", last.rows().names());
    this.keep =
        """
        INSERT INTO %s (%s, valid_to, valid_to_offset)
        SELECT %s, r.valid_to, r.valid_to_offset FROM %s t JOIN <rows> ON %s
        ON CONFLICT DO NOTHING
        """
            .formatted(past.name(), columns, qualified(last), last.name(), last.isKeyed());
    this.insertPast =
        """
        INSERT INTO %1$s (%2$s, valid_to, valid_to_offset)
        SELECT %2$s, valid_to, valid_to_offset FROM <rows>
        ON CONFLICT DO NOTHING
        """
            .formatted(past.name(), columns);
  }

  /** The states before the last ones. */
  public EntityTable past() {
    return past;
  }

  /**
   * One state of an entity.
   *
   * @param r the record that made it so
   * @param row of the table of last states
   */
  public record State(LogRecord r, @Nullable Object[] row) {}

  /**
   * Writes what a batch makes of some entities.
   *
   * @param histories of each entity its states in the order of the log, one at least
   */
  public void write(Handle handle, Collection<List<State>> histories) {
    replaced(histories).execute(handle, keep);
    pastRows(histories).execute(handle, insertPast);
    lastRows(histories).execute(handle, upsert);
  }

  /** The rows that there are once these are written, if nothing was there before. */
  public Stream<HeldRow> held(Collection<List<State>> histories) {
    return Stream.concat(
        past.held(pastRows(histories)).stream(), last.held(lastRows(histories)).stream());
  }

  /** By whom the states are replaced that earlier batches left as the last ones. */
  private Rows replaced(Collection<List<State>> histories) {
    Rows rows = last.keysAnd("valid_to timestamptz", "valid_to_offset int8");
    histories.forEach(
        history -> {
          State first = history.get(0);
          rows.add(replacedBy(Arrays.copyOf(first.row, rows.width() - 2), first.r));
        });
    return rows;
  }

  private Rows pastRows(Collection<List<State>> histories) {
    Rows rows = past.rows();
    histories.forEach(
        history -> {
          for (int i = 0; i < history.size() - 1; i++) {
            rows.add(replacedBy(history.get(i).row, history.get(i + 1).r));
          }
        });
    return rows;
  }

  private Rows lastRows(Collection<List<State>> histories) {
    Rows rows = last.rows();
    histories.forEach(history -> rows.add(history.get(history.size() - 1).row));
    return rows;
  }

  private static @Nullable Object[] replacedBy(@Nullable Object[] row, LogRecord next) {
    @Nullable Object[] replaced = Arrays.copyOf(row, row.length + 2);
    replaced[row.length] = next.logTime();
    replaced[row.length + 1] = next.offset();
    return replaced;
  }

  private static String qualified(EntityTable table) {
    return table.rows().names().stream()
        .map(column -> "t." + column)
        .collect(Collectors.joining(", "));
  }
}
