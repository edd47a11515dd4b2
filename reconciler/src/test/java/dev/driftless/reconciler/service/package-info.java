@NullMarked
package dev.driftless.reconciler.service;

import org.jspecify.annotations.NullMarked;
