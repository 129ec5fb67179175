/**
 * Transformers from scratch: an encoder that classifies, and the same blocks as a causal language
 * model.
 */
@NullMarked
package dev.counterpoint.models.transformer;

import org.jspecify.annotations.NullMarked;
