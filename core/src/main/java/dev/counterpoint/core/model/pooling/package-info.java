/** Pooling of token vectors: the contract and built-in kinds. */
@NullMarked
package dev.counterpoint.core.model.pooling;

import org.jspecify.annotations.NullMarked;
