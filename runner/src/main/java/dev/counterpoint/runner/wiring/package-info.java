/** Creates the objects of a training run from its run file, with Guice. */
@NullMarked
package dev.counterpoint.runner.wiring;

import org.jspecify.annotations.NullMarked;
