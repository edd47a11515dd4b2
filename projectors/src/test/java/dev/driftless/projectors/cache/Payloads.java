package dev.driftless.projectors.cache;

import dev.driftless.events.CheckpointSaved;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRecalled;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MemoryRevised;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.PatternLearned;
import dev.driftless.events.PatternRetired;
import dev.driftless.events.Role;
import dev.driftless.events.SessionEnded;
import dev.driftless.events.SessionStarted;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Payloads with what a test cares about. */
final class Payloads {

  private Payloads() {}

  static MemoryRecorded recorded(String memoryId, String text, @Nullable Instant expiresAt) {
    return MemoryRecorded.newBuilder()
        .setMemoryId(memoryId)
        .setKind(MemoryKind.SEMANTIC)
        .setText(text)
        .setAttributes(Map.of("source", "chat", "lang", "en"))
        .setExpiresAt(expiresAt)
        .build();
  }

  static MemoryRecorded recorded(String memoryId, String text) {
    return recorded(memoryId, text, null);
  }

  static MemoryRevised revised(String memoryId, String text, @Nullable Instant expiresAt) {
    return MemoryRevised.newBuilder()
        .setMemoryId(memoryId)
        .setKind(MemoryKind.PROCEDURAL)
        .setText(text)
        .setExpiresAt(expiresAt)
        .build();
  }

  static MemoryForgotten forgotten(String memoryId) {
    return MemoryForgotten.newBuilder().setMemoryId(memoryId).build();
  }

  static MemoryRecalled recalled(String memoryId) {
    return MemoryRecalled.newBuilder().setMemoryIds(List.of(memoryId)).build();
  }

  static SessionStarted started() {
    return SessionStarted.newBuilder().build();
  }

  static SessionEnded ended() {
    return SessionEnded.newBuilder().build();
  }

  static CheckpointSaved checkpoint() {
    return CheckpointSaved.newBuilder().setStep("book").setState("{}").build();
  }

  static MessageAppended said(String messageId, @Nullable String content) {
    return MessageAppended.newBuilder()
        .setMessageId(messageId)
        .setRole(Role.USER)
        .setContent(content)
        .build();
  }

  static ToolCallIntended intended(String toolCallId) {
    return ToolCallIntended.newBuilder()
        .setToolCallId(toolCallId)
        .setTool("flights")
        .setArguments("{\"to\":\"LIS\"}")
        .build();
  }

  static ToolCallCompleted completed(String toolCallId) {
    return ToolCallCompleted.newBuilder()
        .setToolCallId(toolCallId)
        .setTool("flights")
        .setArguments("{}")
        .setResult("{}")
        .build();
  }

  static ToolCallFailed failed(String toolCallId) {
    return ToolCallFailed.newBuilder()
        .setToolCallId(toolCallId)
        .setTool("flights")
        .setArguments("{}")
        .setError("no")
        .build();
  }

  static ToolCallCompensated compensated(String toolCallId) {
    return ToolCallCompensated.newBuilder()
        .setToolCallId(toolCallId)
        .setTool("flights")
        .setArguments("{}")
        .setCompensation("{}")
        .build();
  }

  static PatternLearned learned(String patternId, double confidence) {
    return PatternLearned.newBuilder()
        .setPatternId(patternId)
        .setStatement("flies on Mondays")
        .setConfidence(confidence)
        .setEvidence(List.of("m1", "m2"))
        .build();
  }

  static PatternRetired retired(String patternId) {
    return PatternRetired.newBuilder().setPatternId(patternId).build();
  }
}
