/** The contract between the runtime, which reads the log, and the views, which write the stores. */
@NullMarked
package dev.driftless.projectors;

import org.jspecify.annotations.NullMarked;
