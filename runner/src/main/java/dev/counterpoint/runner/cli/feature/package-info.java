/** The command for feature stores. */
@NullMarked
package dev.counterpoint.runner.cli.feature;

import org.jspecify.annotations.NullMarked;
