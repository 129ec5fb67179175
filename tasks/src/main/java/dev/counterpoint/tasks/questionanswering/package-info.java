/** Extractive question answering: SQuAD files, windows over long contexts, exact match and F1. */
@NullMarked
package dev.counterpoint.tasks.questionanswering;

import org.jspecify.annotations.NullMarked;
