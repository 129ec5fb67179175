/** The command that trains, the process of a rank, and the launch of several. */
@NullMarked
package dev.counterpoint.runner.cli.train;

import org.jspecify.annotations.NullMarked;
