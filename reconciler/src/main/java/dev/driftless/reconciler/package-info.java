/** How far the views are behind the log, from the positions in their own stores. */
@NullMarked
package dev.driftless.reconciler;

import org.jspecify.annotations.NullMarked;
