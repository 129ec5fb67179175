/** Embeddings of tokens: the contract and built-in kinds. */
@NullMarked
package dev.counterpoint.core.model.embedding;

import org.jspecify.annotations.NullMarked;
