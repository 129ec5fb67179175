/** The command line, one class per command. */
@NullMarked
package dev.counterpoint.runner.cli;

import org.jspecify.annotations.NullMarked;
