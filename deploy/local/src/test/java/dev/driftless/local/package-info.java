@NullMarked
package dev.driftless.local;

import org.jspecify.annotations.NullMarked;
