/** Tokenizers in the Hugging Face file format: training, loading, encoding and decoding. */
@NullMarked
package dev.counterpoint.tasks.tokenizer;

import org.jspecify.annotations.NullMarked;
