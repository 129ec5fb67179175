/** Golden examples: inputs of a model with the outputs that it had after training. */
@NullMarked
package dev.counterpoint.inference.golden;

import org.jspecify.annotations.NullMarked;
