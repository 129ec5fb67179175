/** Training in one process: the strategy that defines what every other must equal. */
@NullMarked
package dev.counterpoint.strategies.standard;

import org.jspecify.annotations.NullMarked;
