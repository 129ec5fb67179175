/** Tables in CSV, TSV and JSON lines files, with the line number of every row. */
@NullMarked
package dev.counterpoint.tasks.table;

import org.jspecify.annotations.NullMarked;
