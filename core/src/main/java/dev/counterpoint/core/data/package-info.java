/**
 * Datasets, samplers and batches: which examples form a step, and how they become native tensors.
 */
@NullMarked
package dev.counterpoint.core.data;

import org.jspecify.annotations.NullMarked;
