@NullMarked
package dev.driftless.bench.faults;

import org.jspecify.annotations.NullMarked;
