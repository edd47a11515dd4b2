/** The contract between the runtime, which reads the log, and the views, which write the stores. */
@NullMarked
@PublicApi
package dev.driftless.projectors;

import dev.driftless.schemas.PublicApi;
import org.jspecify.annotations.NullMarked;
