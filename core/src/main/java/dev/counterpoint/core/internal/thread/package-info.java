/** Background work during training. */
@NullMarked
package dev.counterpoint.core.internal.thread;

import org.jspecify.annotations.NullMarked;
