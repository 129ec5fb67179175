/** What a model predicts from the columns of a table: labels and numbers, and their weights. */
@NullMarked
package dev.counterpoint.tasks.targets;

import org.jspecify.annotations.NullMarked;
