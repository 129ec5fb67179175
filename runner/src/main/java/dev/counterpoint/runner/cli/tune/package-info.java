/** The command {@code tune}. */
@NullMarked
package dev.counterpoint.runner.cli.tune;

import org.jspecify.annotations.NullMarked;
