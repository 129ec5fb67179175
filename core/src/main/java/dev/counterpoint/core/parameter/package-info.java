/**
 * Parameters by dotted path, how they start, and their gradients; models and optimizers both stand
 * on this.
 */
@NullMarked
package dev.counterpoint.core.parameter;

import org.jspecify.annotations.NullMarked;
