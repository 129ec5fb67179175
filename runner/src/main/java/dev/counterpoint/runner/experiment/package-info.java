/** The built-in experiments: their run files and their data. */
@NullMarked
package dev.counterpoint.runner.experiment;

import org.jspecify.annotations.NullMarked;

