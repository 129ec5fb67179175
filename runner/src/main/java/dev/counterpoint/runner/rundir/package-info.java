/** The run directory: its files, its lock, provenance, and crash diagnosis. */
@NullMarked
package dev.counterpoint.runner.rundir;

import org.jspecify.annotations.NullMarked;
