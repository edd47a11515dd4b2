@NullMarked
package dev.driftless.cli;

import org.jspecify.annotations.NullMarked;
