/** Comparison of runs: settings that differ, and statistics over seeds. */
@NullMarked
package dev.counterpoint.runner.comparison;

import org.jspecify.annotations.NullMarked;
