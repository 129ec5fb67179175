/**
 * Text to be put into classes: read from a table, tokenized once into files that are mapped into
 * memory.
 */
@NullMarked
package dev.counterpoint.core.data.text;

import org.jspecify.annotations.NullMarked;
