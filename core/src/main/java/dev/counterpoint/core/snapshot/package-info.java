/** Step snapshots: one training step saved with everything that is needed to replay it. */
@NullMarked
package dev.counterpoint.core.snapshot;

import org.jspecify.annotations.NullMarked;
