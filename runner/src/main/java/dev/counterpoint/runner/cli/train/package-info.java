/** The {@code train} command: training in one process, and launching distributed runs. */
@NullMarked
package dev.counterpoint.runner.cli.train;

import org.jspecify.annotations.NullMarked;
