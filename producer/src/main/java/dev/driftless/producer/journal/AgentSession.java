package dev.driftless.producer.journal;

/**
 * One run of an agent with a subject. {@code tenant}, {@code subject} and {@code session} say which
 * one; {@code agent} is who acts in it now, and may be another one after a crash.
 */
public record AgentSession(String tenant, String subject, String agent, String session) {}
