/** Callbacks: they watch a run, and may ask it to stop. */
@NullMarked
package dev.counterpoint.core.callback;

import org.jspecify.annotations.NullMarked;
