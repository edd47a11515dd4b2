package dev.driftless.bench.chaos;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The file to which Redis appends what it did, and how much was in it before the log began whose
 * view Redis keeps.
 *
 * @param beginBytes what is before is not to be lost
 */
record AppendOnlyFile(Path file, long beginBytes) {

  /** What one power failure takes at most. */
  private static final long TAIL_BYTES = 48 << 10;

  private static final String END_OF_TRANSACTION = "*1\r\n$4\r\nEXEC\r\n";

  /** As it is now. */
  static AppendOnlyFile now(Path file) throws IOException {
    return new AppendOnlyFile(file, Files.size(file));
  }

  /**
   * Cuts off its end, as a power failure does; for a Redis that is not running. Only whole
   * transactions: of one that is cut in its middle Redis 6.2 leaves the beginning in the file, and
   * applies that with whatever comes next when it is started the time after.
   *
   * @throws IllegalStateException if there is nothing that could be cut off
   */
  void cutTail() throws IOException {
    String content = Files.readString(file, StandardCharsets.ISO_8859_1);
    int bytes = content.length();
    // a file that Redis has written anew holds nothing of what was before
    long begin = beginBytes > bytes ? 0 : beginBytes;
    long below = Math.max(bytes - TAIL_BYTES, (bytes + begin) / 2);
    int last = content.lastIndexOf(END_OF_TRANSACTION, (int) below - END_OF_TRANSACTION.length());
    if (last < begin) {
      throw new IllegalStateException(
          "%s: of %d bytes, %d of them from before, no transaction can be cut off"
              .formatted(file, bytes, begin));
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      FileChannel unused = channel.truncate(last + END_OF_TRANSACTION.length());
    }
  }
}
