/** What the image is made of. */
@NullMarked
package dev.driftless.image;

import org.jspecify.annotations.NullMarked;
