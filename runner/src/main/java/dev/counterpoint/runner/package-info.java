/** The command-line program: commands, run files, wiring, and built-in experiments. */
@NullMarked
package dev.counterpoint.runner;

import org.jspecify.annotations.NullMarked;
