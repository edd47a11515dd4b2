/** What deploys the processes says what they are. */
@org.jspecify.annotations.NullMarked
package dev.driftless.cli.deployment;
