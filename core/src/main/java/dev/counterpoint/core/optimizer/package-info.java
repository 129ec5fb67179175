/** Optimizers with the exact formulas of {@code torch.optim}. */
@NullMarked
package dev.counterpoint.core.optimizer;

import org.jspecify.annotations.NullMarked;
