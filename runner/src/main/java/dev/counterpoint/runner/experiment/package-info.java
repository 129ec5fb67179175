/** Built-in experiments: their run files and data sets. */
@NullMarked
package dev.counterpoint.runner.experiment;

import org.jspecify.annotations.NullMarked;
