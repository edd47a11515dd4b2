/** How fast the parts are, beside what their stores can do at most and beside what others do. */
@NullMarked
package dev.driftless.bench.performance;

import org.jspecify.annotations.NullMarked;
