@NullMarked
package dev.driftless.projectors.app;

import org.jspecify.annotations.NullMarked;
