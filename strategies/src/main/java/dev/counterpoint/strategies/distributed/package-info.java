/** Training in many processes that take the steps of one. */
@NullMarked
package dev.counterpoint.strategies.distributed;

import org.jspecify.annotations.NullMarked;
