/** The context view: what was learned about a subject, and what a new session loads. */
@NullMarked
package dev.driftless.projectors.context;

import org.jspecify.annotations.NullMarked;
