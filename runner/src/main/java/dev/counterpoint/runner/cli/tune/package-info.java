/** The commands {@code tune} and {@code profile}. */
@NullMarked
package dev.counterpoint.runner.cli.tune;

import org.jspecify.annotations.NullMarked;
