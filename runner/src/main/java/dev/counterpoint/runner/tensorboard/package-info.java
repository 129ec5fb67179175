/** Event files for TensorBoard. */
@NullMarked
package dev.counterpoint.runner.tensorboard;

import org.jspecify.annotations.NullMarked;
