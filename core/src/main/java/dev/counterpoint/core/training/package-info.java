/** Training: the loop, the trainer, and the contract of a training strategy. */
@NullMarked
package dev.counterpoint.core.training;

import org.jspecify.annotations.NullMarked;
