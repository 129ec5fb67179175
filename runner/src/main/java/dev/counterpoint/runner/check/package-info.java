/** Proofs that a user can run: that a run which was killed ends as the one that was not. */
@NullMarked
package dev.counterpoint.runner.check;

import org.jspecify.annotations.NullMarked;
