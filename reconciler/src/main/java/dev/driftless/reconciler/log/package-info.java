/** The log on this machine's disk, sorted by what its events speak of. */
@NullMarked
package dev.driftless.reconciler.log;

import org.jspecify.annotations.NullMarked;
