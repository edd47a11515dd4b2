/** The hot state of live sessions in Redis. The only package that imports Lettuce. */
@NullMarked
package dev.driftless.projectors.cache;

import org.jspecify.annotations.NullMarked;
