/** Benchmarks of training and generation: Counterpoint, a bare loop, DJL's EasyTrain, PyTorch. */
@NullMarked
package dev.counterpoint.runner.bench;

import org.jspecify.annotations.NullMarked;
