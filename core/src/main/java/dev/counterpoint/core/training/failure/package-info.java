/** Failures of a training step: non-finite values and out of memory. */
@NullMarked
package dev.counterpoint.core.training.failure;

import org.jspecify.annotations.NullMarked;
