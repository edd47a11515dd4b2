/** Four ways to store what an agent did, the same faults, and what is left in the stores. */
@NullMarked
package dev.driftless.bench.faults;

import org.jspecify.annotations.NullMarked;
