/** Data sources: the contracts between a run and the data that it reads. */
@NullMarked
package dev.counterpoint.core.data.source;

import org.jspecify.annotations.NullMarked;
