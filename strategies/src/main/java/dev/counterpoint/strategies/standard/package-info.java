/** Training in one process: the strategy whose results every other strategy must equal. */
@NullMarked
package dev.counterpoint.strategies.standard;

import org.jspecify.annotations.NullMarked;
