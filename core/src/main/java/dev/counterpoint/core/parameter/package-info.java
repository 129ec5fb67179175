/**
 * Parameters with dotted paths, their initialization and their gradients; the basis of models and
 * optimizers.
 */
@NullMarked
package dev.counterpoint.core.parameter;

import org.jspecify.annotations.NullMarked;
