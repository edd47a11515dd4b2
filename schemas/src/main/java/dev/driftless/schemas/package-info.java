/**
 * What goes over the wire: names, keys, event types, the registry, and the bytes and JSON of
 * events.
 */
@NullMarked
@PublicApi
package dev.driftless.schemas;

import org.jspecify.annotations.NullMarked;
