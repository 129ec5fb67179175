/** Optimizers that match {@code torch.optim} exactly. */
@NullMarked
package dev.counterpoint.core.optimizer;

import org.jspecify.annotations.NullMarked;
