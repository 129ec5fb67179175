/** Losses: each a sum and a weight, so that batches of any split add up to the same step. */
@NullMarked
package dev.counterpoint.core.loss;

import org.jspecify.annotations.NullMarked;
