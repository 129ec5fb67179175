/** Checks for users: bit-identical resume after a kill, and equivalence of split batches. */
@NullMarked
package dev.counterpoint.runner.check;

import org.jspecify.annotations.NullMarked;
