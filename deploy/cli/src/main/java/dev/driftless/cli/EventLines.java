package dev.driftless.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.events.MemoryEvent;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The events in a file, read line by line: one line is in memory at a time, at most 32 MiB of it.
 * Blank lines are passed over.
 */
final class EventLines implements AutoCloseable {

  private static final int MAX_LINE_BYTES = 32 << 20;

  private final String name;
  private final InputStream in;
  private final EventImport format;
  private long line;

  EventLines(String name, InputStream in, EventImport format) {
    this.name = name;
    this.in = new BufferedInputStream(in, 1 << 16);
    this.format = format;
  }

  /**
   * The events of one line.
   *
   * @param place for example {@code chats.jsonl:17}
   */
  record Line(String place, List<MemoryEvent> events) {}

  /**
   * @throws ImportException if there is no such file
   */
  static EventLines open(Path file, EventImport format) {
    try {
      return new EventLines(file.toString(), Files.newInputStream(file), format);
    } catch (IOException e) {
      throw new ImportException("cannot read " + file + ": " + e, e);
    }
  }

  /**
   * The next line with events, or null at the end.
   *
   * @throws ImportException saying where, which field, and why
   */
  @Nullable Line next() {
    for (byte[] bytes = bytes(); bytes != null; bytes = bytes()) {
      String text = text(bytes);
      if (!text.isBlank()) {
        return new Line(place(), events(text));
      }
    }
    return null;
  }

  private List<MemoryEvent> events(String text) {
    try {
      return format.read(text);
    } catch (ImportException e) {
      throw new ImportException(place() + ": " + e.getMessage(), e);
    }
  }

  private byte @Nullable [] bytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(4096);
    line++;
    try {
      int b = in.read();
      if (b < 0) {
        return null;
      }
      while (b >= 0 && b != '\n') {
        if (bytes.size() == MAX_LINE_BYTES) {
          throw new ImportException(
              place() + ": longer than " + MAX_LINE_BYTES + " bytes: one JSON object a line");
        }
        bytes.write(b);
        b = in.read();
      }
    } catch (IOException e) {
      throw new ImportException(place() + ": " + e, e);
    }
    return bytes.toByteArray();
  }

  private String text(byte[] bytes) {
    try {
      String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return line == 1 && text.startsWith("\uFEFF") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw new ImportException(place() + ": not UTF-8", e);
    }
  }

  private String place() {
    return name + ":" + line;
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw new ImportException("cannot close " + name + ": " + e, e);
    }
  }
}
