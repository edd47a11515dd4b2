@NullMarked
package dev.driftless.containers;

import org.jspecify.annotations.NullMarked;
