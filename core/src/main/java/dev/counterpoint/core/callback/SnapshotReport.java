package dev.counterpoint.core.callback;

import java.nio.file.Path;

/**
 * A snapshot that was saved of an unusual step; the run continues.
 *
 * @param step the step, counted from 1
 * @param message describes what was unusual
 * @param folder the folder of the snapshot
 */
public record SnapshotReport(long step, String message, Path folder) {}
