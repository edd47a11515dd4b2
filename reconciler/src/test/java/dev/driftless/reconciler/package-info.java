@NullMarked
package dev.driftless.reconciler;

import org.jspecify.annotations.NullMarked;
