/** Metrics, accumulated exactly over a whole set. */
@NullMarked
package dev.counterpoint.core.metric;

import org.jspecify.annotations.NullMarked;
