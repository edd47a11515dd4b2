package dev.driftless.local;

import java.util.OptionalLong;

/**
 * What one server of a stack is doing.
 *
 * @param address {@code host:port}, as remembered by the stack; empty if it was never started
 * @param pid the process, present when it is alive
 */
public record ServerStatus(ServerKind kind, State state, String address, OptionalLong pid) {
  /** The states of a server. */
  public enum State {
    /** The process is alive and answers. */
    RUNNING,
    /** Never started, or stopped on request. */
    STOPPED,
    /** Started and never stopped, but the process is gone: it crashed or was killed. */
    DEAD,
    /** The process is alive and does not answer within two seconds. */
    UNRESPONSIVE
  }
}
