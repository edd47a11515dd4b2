/**
 * Whether the views hold what the log says, told without any code that writes or checks views:
 * nothing here knows a class of Driftless. The log is read with a plain consumer, decoded by the
 * schema that the registry gives, and folded in maps by the documented meaning of the events; the
 * stores are read with SQL, Redis commands and REST.
 */
@NullMarked
package dev.driftless.bench.chaos.check;

import org.jspecify.annotations.NullMarked;
