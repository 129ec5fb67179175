/** Callbacks: they observe a training run and can request its end. */
@NullMarked
package dev.counterpoint.core.callback;

import org.jspecify.annotations.NullMarked;
