/** The command line: one class a command. */
@NullMarked
package dev.counterpoint.runner.cli;

import org.jspecify.annotations.NullMarked;

