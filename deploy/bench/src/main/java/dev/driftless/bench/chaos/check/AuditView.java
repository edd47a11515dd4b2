package dev.driftless.bench.chaos.check;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code driftless_audit.records}: a row per record of the log, and the chain of hashes.
 */
final class AuditView implements CheckedView {

  private static final List<String> COMPARED =
      List.of(
          "outcome",
          "event_id",
          "event_type",
          "tenant",
          "subject",
          "append_time",
          "log_time",
          "key_hash",
          "record_hash",
          "prev_hash",
          "chain_hash");

  private final Tables tables;
  private final String topicId;

  /**
   * @param topicId of the log
   */
  AuditView(Stores stores, String topicId) {
    this.tables = new Tables(stores, "driftless_audit");
    this.topicId = topicId;
  }

  @Override
  public String name() {
    return "audit";
  }

  @Override
  public Map<String, Fact> expected(List<LoggedRecord> log) {
    Map<String, Fact> facts = new LinkedHashMap<>();
    Map<Integer, byte[]> chains = new HashMap<>();
    for (LoggedRecord r : log) {
      byte[] before = chains.computeIfAbsent(r.partition(), this::genesis);
      byte[] bytes = bytes(r);
      byte[] chain = sha256(before, bytes);
      chains.put(r.partition(), chain);
      Fact row =
          Fact.of(
              r.offset(),
              "outcome",
              r.outcome().word(),
              "append_time",
              r.appendMs(),
              "log_time",
              r.logMs(),
              "key_hash",
              r.key() == null ? null : hex(sha256(r.key())),
              "record_hash",
              hex(sha256(bytes)),
              "prev_hash",
              hex(before),
              "chain_hash",
              hex(chain));
      facts.put(
          "records " + r.partition() + "/" + r.offset(), r.event() == null ? row : who(row, r));
    }
    return facts;
  }

  @Override
  public Map<String, Fact> held() throws SQLException {
    Map<String, Fact> facts = tables.read("records", "log_partition", "log_offset");
    facts.values().forEach(row -> row.fields().keySet().retainAll(COMPARED));
    return facts;
  }

  private static Fact who(Fact row, LoggedRecord r) {
    return row.with("event_id", String.valueOf(r.text("eventId")))
        .with("event_type", r.type())
        .with("tenant", String.valueOf(r.text("tenant")))
        .with("subject", String.valueOf(r.text("subject")));
  }

  private byte[] genesis(int partition) {
    return sha256(
        topicId.getBytes(UTF_8), ByteBuffer.allocate(Integer.BYTES).putInt(partition).array());
  }

  private static byte[] bytes(LoggedRecord r) {
    ByteBuffer bytes = ByteBuffer.allocate(28 + length(r.key()) + length(r.value()));
    bytes.putInt(r.partition()).putLong(r.offset()).putLong(r.appendMs());
    put(bytes, r.key());
    put(bytes, r.value());
    return bytes.array();
  }

  private static int length(byte @Nullable [] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  private static void put(ByteBuffer to, byte @Nullable [] bytes) {
    to.putInt(bytes == null ? -1 : bytes.length);
    if (bytes != null) {
      to.put(bytes);
    }
  }

  private static String hex(byte[] bytes) {
    return "\\x" + HexFormat.of().formatHex(bytes);
  }

  private static byte[] sha256(byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) {
        digest.update(part);
      }
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
