/** One step of a training, kept with all that it takes to make it again, and making it again. */
@NullMarked
package dev.counterpoint.core.capsule;

import org.jspecify.annotations.NullMarked;
