/** The run directory: what a run leaves behind, and how it is found again. */
@NullMarked
package dev.counterpoint.runner.rundir;

import org.jspecify.annotations.NullMarked;
