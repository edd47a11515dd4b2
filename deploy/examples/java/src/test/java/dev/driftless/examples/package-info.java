@NullMarked
package dev.driftless.examples;

import org.jspecify.annotations.NullMarked;
