/** Commands that describe runs before, during and after their training. */
@NullMarked
package dev.counterpoint.runner.cli.run;

import org.jspecify.annotations.NullMarked;
