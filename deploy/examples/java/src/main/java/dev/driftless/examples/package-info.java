/** Agents in Java. Where the servers are is in the environment: {@code driftless env}. */
@NullMarked
package dev.driftless.examples;

import org.jspecify.annotations.NullMarked;
