/**
 * Containers in place of the local stack's servers, for the tests that the profile {@code
 * containers} runs. Whoever has this module on the test class path gets them from {@link
 * dev.driftless.local.TestStack#shared()}.
 */
@NullMarked
package dev.driftless.containers;

import org.jspecify.annotations.NullMarked;
