/** Proves that the views are what the log says; for now, how far they are behind it. */
@NullMarked
package dev.driftless.reconciler;

import org.jspecify.annotations.NullMarked;
