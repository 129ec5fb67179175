/** Loss functions. A loss is a sum and a weight, so that micro-batches add up to the same step. */
@NullMarked
package dev.counterpoint.core.loss;

import org.jspecify.annotations.NullMarked;
