@NullMarked
package dev.driftless.projectors.relational;

import org.jspecify.annotations.NullMarked;
