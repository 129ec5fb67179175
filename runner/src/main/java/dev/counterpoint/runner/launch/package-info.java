/** Prepares the processes of a distributed run from its run file. */
@NullMarked
package dev.counterpoint.runner.launch;

import org.jspecify.annotations.NullMarked;
