/** The relational view: what is so, what was so, and what happened, in tables. */
@NullMarked
package dev.driftless.projectors.relational;

import org.jspecify.annotations.NullMarked;
