/** The only code that appends to the log. */
@NullMarked
package dev.driftless.producer;

import org.jspecify.annotations.NullMarked;
