/** The reconciler as a service: checks without end, and tells over HTTP what it found. */
@NullMarked
package dev.driftless.reconciler.service;

import org.jspecify.annotations.NullMarked;
