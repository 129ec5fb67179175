/**
 * Text generation with any causal language model: greedy decoding, sampling and beam search, token
 * ids in and out.
 */
@NullMarked
package dev.counterpoint.core.generation;

import org.jspecify.annotations.NullMarked;
