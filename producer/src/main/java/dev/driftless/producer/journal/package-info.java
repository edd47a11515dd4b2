/** What an agent does, so that a crash leaves no call forgotten: tool calls, checkpoints, sagas. */
@NullMarked
@PublicApi
package dev.driftless.producer.journal;

import dev.driftless.schemas.PublicApi;
import org.jspecify.annotations.NullMarked;
