/**
 * Questions whose answers stand in a text: SQuAD's files, windows over long texts, its measures.
 */
@NullMarked
package dev.counterpoint.core.data.question;

import org.jspecify.annotations.NullMarked;
