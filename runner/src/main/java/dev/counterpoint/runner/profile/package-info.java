/** Measures where the time and the memory of a training step go. */
@NullMarked
package dev.counterpoint.runner.profile;

import org.jspecify.annotations.NullMarked;
