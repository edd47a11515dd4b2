package dev.driftless.cli;

import dev.driftless.events.Role;

/** Whose messages are also recorded as episodic memories. */
enum Remember {
  NONE,
  USER,
  ASSISTANT,
  ALL;

  boolean includes(Role role) {
    return switch (this) {
      case NONE -> false;
      case USER -> role == Role.USER;
      case ASSISTANT -> role == Role.ASSISTANT;
      case ALL -> true;
    };
  }
}
