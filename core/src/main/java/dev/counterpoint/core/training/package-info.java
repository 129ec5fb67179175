/** The training loop, and what surrounds it. */
@NullMarked
package dev.counterpoint.core.training;

import org.jspecify.annotations.NullMarked;
