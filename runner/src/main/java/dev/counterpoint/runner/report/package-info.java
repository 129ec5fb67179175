/** What a run shows while it goes. */
@NullMarked
package dev.counterpoint.runner.report;

import org.jspecify.annotations.NullMarked;

