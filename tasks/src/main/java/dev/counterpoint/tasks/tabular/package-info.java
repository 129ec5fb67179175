/** Tables: classes or numbers predicted from numeric, categorical, boolean and date columns. */
@NullMarked
package dev.counterpoint.tasks.tabular;

import org.jspecify.annotations.NullMarked;
