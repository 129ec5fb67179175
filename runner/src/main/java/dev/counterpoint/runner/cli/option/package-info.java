/** Options and exit codes that several commands share. */
@NullMarked
package dev.counterpoint.runner.cli.option;

import org.jspecify.annotations.NullMarked;
