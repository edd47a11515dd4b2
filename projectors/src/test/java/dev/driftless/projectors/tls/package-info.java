@NullMarked
package dev.driftless.projectors.tls;

import org.jspecify.annotations.NullMarked;
