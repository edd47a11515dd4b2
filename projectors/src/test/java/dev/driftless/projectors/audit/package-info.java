@NullMarked
package dev.driftless.projectors.audit;

import org.jspecify.annotations.NullMarked;
