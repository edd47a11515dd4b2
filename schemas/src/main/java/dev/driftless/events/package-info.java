/**
 * The events, generated from {@code memory-event.avdl}, which says what each field means. Built
 * with {@code newBuilder}; a getter answers null where the schema has a union with null.
 */
@PublicApi
package dev.driftless.events;

import dev.driftless.schemas.PublicApi;
