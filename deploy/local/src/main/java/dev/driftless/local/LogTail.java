package dev.driftless.local;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.regex.Pattern;

/** What a server last said in its log file. */
final class LogTail {
  private static final int TAIL_BYTES = 64 << 10;
  private static final long ROTATE_BYTES = 10L << 20;
  private static final int LINE_LENGTH = 300;
  private static final Pattern TELLING =
      Pattern.compile(
          "(?i)error|fatal|panic|exception|caused by|refused|denied|cannot|could not|failed|bad ");
  private static final Pattern STACK_FRAME = Pattern.compile("^\\s+(at |\\.\\.\\. \\d)|^\\s*$");

  private LogTail() {}

  /** Where a new start will write in the log, after a log grown large was put aside. */
  static long beginning(Path log) throws IOException {
    if (Files.exists(log) && Files.size(log) > ROTATE_BYTES) {
      Files.move(
          log, log.resolveSibling(log.getFileName() + ".old"), StandardCopyOption.REPLACE_EXISTING);
    }
    return Files.exists(log) ? Files.size(log) : 0;
  }

  /** The line written since {@code position} that best says what went wrong. */
  static String mostTelling(Path log, long position) {
    try (FileChannel channel = FileChannel.open(log)) {
      long from = Math.max(position, channel.size() - TAIL_BYTES);
      ByteBuffer bytes = ByteBuffer.allocate((int) Math.max(0, channel.size() - from));
      channel.position(from);
      while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
        continue;
      }
      return mostTelling(StandardCharsets.UTF_8.decode(bytes.flip()).toString());
    } catch (IOException e) {
      return "its log cannot be read: " + e;
    }
  }

  /** The last line that sounds like a failure, else the last line. */
  static String mostTelling(String text) {
    List<String> lines =
        text.lines().filter(line -> !STACK_FRAME.matcher(line).find()).map(String::strip).toList();
    String line =
        lines.stream()
            .filter(candidate -> TELLING.matcher(candidate).find())
            .reduce((earlier, later) -> later)
            .orElseGet(() -> lines.isEmpty() ? "it said nothing" : lines.get(lines.size() - 1));
    return line.length() <= LINE_LENGTH ? line : line.substring(0, LINE_LENGTH) + "…";
  }
}
