/** Times one training step of an encoder: ours, by hand, DJL's own, and PyTorch's, in turns. */
@NullMarked
package dev.counterpoint.runner.bench;

import org.jspecify.annotations.NullMarked;
