package dev.counterpoint.core.callback;

import java.nio.file.Path;

/**
 * A step was so unusual that it was kept; the run goes on.
 *
 * @param message what was unusual
 * @param folder of the snapshot
 */
public record SnapshotReport(long step, String message, Path folder) {}
