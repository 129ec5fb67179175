/** Positions of tokens: vectors added to embeddings, and positions that act in attention. */
@NullMarked
package dev.counterpoint.core.model.position;

import org.jspecify.annotations.NullMarked;
