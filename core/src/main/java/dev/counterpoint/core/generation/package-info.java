/** Text that a language model goes on with: greedy, sampled, or by beams. */
@NullMarked
package dev.counterpoint.core.generation;

import org.jspecify.annotations.NullMarked;
