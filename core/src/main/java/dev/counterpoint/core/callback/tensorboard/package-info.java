/** TensorBoard event files: scalars, histograms and text. */
@NullMarked
package dev.counterpoint.core.callback.tensorboard;

import org.jspecify.annotations.NullMarked;
