/** Predictions about a training before it starts: shapes, memory, disk, time, distribution. */
@NullMarked
package dev.counterpoint.runner.plan;

import org.jspecify.annotations.NullMarked;
