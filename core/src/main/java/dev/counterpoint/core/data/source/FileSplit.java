package dev.counterpoint.core.data.source;

/**
 * A split that is read from one file.
 *
 * @param path the path as written in the run file
 */
public record FileSplit(String path) {}
