/** The journal of a registry in a SQL database. */
@NullMarked
package dev.counterpoint.serving.registry.sql;

import org.jspecify.annotations.NullMarked;
