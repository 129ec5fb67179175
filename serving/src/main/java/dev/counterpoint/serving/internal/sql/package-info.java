/** Code that the stores in SQL databases share. Not a part of the public API. */
@NullMarked
package dev.counterpoint.serving.internal.sql;

import org.jspecify.annotations.NullMarked;
