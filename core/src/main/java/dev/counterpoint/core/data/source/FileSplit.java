package dev.counterpoint.core.data.source;

/**
 * A split that is one file.
 *
 * @param path as the run file has it
 */
public record FileSplit(String path) {}
