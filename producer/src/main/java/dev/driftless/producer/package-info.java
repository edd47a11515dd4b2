/** The only code that appends to the log. */
@NullMarked
@PublicApi
package dev.driftless.producer;

import dev.driftless.schemas.PublicApi;
import org.jspecify.annotations.NullMarked;
