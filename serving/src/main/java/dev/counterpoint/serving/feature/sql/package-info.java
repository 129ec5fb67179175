/** Feature stores in SQL databases: SQLite and PostgreSQL. */
@NullMarked
package dev.counterpoint.serving.feature.sql;

import org.jspecify.annotations.NullMarked;
