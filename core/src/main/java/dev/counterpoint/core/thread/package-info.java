/** Background work during training. */
@NullMarked
package dev.counterpoint.core.thread;

import org.jspecify.annotations.NullMarked;
