/** The machine as training sees it: its processor and memory, and the engine that runs on them. */
@NullMarked
package dev.counterpoint.runner.machine;

import org.jspecify.annotations.NullMarked;
