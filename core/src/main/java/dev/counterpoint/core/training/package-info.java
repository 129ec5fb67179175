/** The training loop, the trainer and the training strategy interface. */
@NullMarked
package dev.counterpoint.core.training;

import org.jspecify.annotations.NullMarked;
