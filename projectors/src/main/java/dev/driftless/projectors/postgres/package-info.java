/**
 * What the views in PostgreSQL share: a schema with its position table, and transactions guarded by
 * it.
 */
@NullMarked
package dev.driftless.projectors.postgres;

import org.jspecify.annotations.NullMarked;
