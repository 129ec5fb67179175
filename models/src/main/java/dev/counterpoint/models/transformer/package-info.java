/** Transformers trained from scratch: a classifier and a causal language model. */
@NullMarked
package dev.counterpoint.models.transformer;

import org.jspecify.annotations.NullMarked;
