/** Search for settings: sweeps, the learning-rate range test, and batch sizes. */
@NullMarked
package dev.counterpoint.runner.tune;

import org.jspecify.annotations.NullMarked;
