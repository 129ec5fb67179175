/** From a run file to the objects that it names. */
@NullMarked
package dev.counterpoint.runner.wiring;

import org.jspecify.annotations.NullMarked;
