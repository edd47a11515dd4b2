@NullMarked
package dev.driftless.bench.chaos;

import org.jspecify.annotations.NullMarked;
