/** Training from a program of the user, with the output of the command {@code train}. */
@NullMarked
package dev.counterpoint.runner.program;

import org.jspecify.annotations.NullMarked;
