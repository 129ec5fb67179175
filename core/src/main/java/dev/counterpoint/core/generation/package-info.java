/**
 * Text generation with causal language models: greedy decoding, sampling and beam search, with
 * token ids as input and output.
 */
@NullMarked
package dev.counterpoint.core.generation;

import org.jspecify.annotations.NullMarked;
