/** What an agent does, so that a crash leaves no call forgotten: tool calls, checkpoints, sagas. */
@NullMarked
package dev.driftless.producer.journal;

import org.jspecify.annotations.NullMarked;
