/** Cached data sets: folders of memory-mapped numbers, verified by a manifest. */
@NullMarked
package dev.counterpoint.tasks.internal.cache;

import org.jspecify.annotations.NullMarked;
