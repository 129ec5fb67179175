/** Text classification: labelled texts from tables, encoded once into a cache. */
@NullMarked
package dev.counterpoint.tasks.textclassification;

import org.jspecify.annotations.NullMarked;
