package dev.counterpoint.tasks.tokenclassification;

/**
 * An entity in a text.
 *
 * @param type the type, such as {@code location}
 * @param text the part of the text
 * @param start the position in the text, in Unicode code points
 * @param end the end position, exclusive
 * @param probability the mean of the probabilities of the tags of its words
 */
public record Entity(String type, String text, int start, int end, double probability) {}
