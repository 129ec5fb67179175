/** TorchScript kernels of single operators, with gradients. */
@NullMarked
package dev.counterpoint.core.kernel.operator;

import org.jspecify.annotations.NullMarked;
