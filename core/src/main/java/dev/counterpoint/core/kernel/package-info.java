/** Native code: libtorch's operators, and kernels written in TorchScript. */
@NullMarked
package dev.counterpoint.core.kernel;

import org.jspecify.annotations.NullMarked;

