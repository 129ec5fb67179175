/** Facts about the machine, the JVM and the engine. */
@NullMarked
package dev.counterpoint.runner.machine;

import org.jspecify.annotations.NullMarked;
