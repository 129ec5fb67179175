/** Metrics that are accumulated exactly over a whole data set. */
@NullMarked
package dev.counterpoint.core.metric;

import org.jspecify.annotations.NullMarked;
