/** Console output: progress of training and downloads, results, and number formats. */
@NullMarked
package dev.counterpoint.runner.report;

import org.jspecify.annotations.NullMarked;
