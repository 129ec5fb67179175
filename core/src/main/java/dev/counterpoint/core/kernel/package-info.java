/** Native work: libtorch's own operators, and kernels written as readable TorchScript text. */
@NullMarked
package dev.counterpoint.core.kernel;

import org.jspecify.annotations.NullMarked;
