/** The HTML report of a run, {@code report.html}. */
@NullMarked
package dev.counterpoint.runner.report.html;

import org.jspecify.annotations.NullMarked;
