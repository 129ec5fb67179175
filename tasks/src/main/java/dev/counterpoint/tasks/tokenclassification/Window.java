package dev.counterpoint.tasks.tokenclassification;

/**
 * A window of a sentence. Each word of the sentence is scored in exactly one of its windows.
 *
 * @param ids the token ids
 * @param words the scored words, by their index in the sentence
 * @param positions for each of these words its first token; -1 for a word without tokens
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Window(long[] ids, int[] words, int[] positions) {}
