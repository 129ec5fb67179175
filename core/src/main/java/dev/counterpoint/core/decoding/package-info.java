/** Contracts for inference: batched prediction and the decoding step of a causal language model. */
@NullMarked
package dev.counterpoint.core.decoding;

import org.jspecify.annotations.NullMarked;
