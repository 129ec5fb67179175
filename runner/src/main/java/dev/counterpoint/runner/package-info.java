/** What people run: the command line, the run file, the wiring, the built-in experiments. */
@NullMarked
package dev.counterpoint.runner;

import org.jspecify.annotations.NullMarked;
