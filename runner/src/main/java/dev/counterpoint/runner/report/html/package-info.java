/** {@code report.html}: a run on one page. */
@NullMarked
package dev.counterpoint.runner.report.html;

import org.jspecify.annotations.NullMarked;

