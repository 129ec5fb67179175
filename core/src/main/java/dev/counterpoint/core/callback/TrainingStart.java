package dev.counterpoint.core.callback;

/**
 * A run begins, or goes on.
 *
 * @param step updates made before: 0 unless the run goes on from a checkpoint
 * @param totalSteps updates of the whole run
 * @param epochs of the whole run
 */
public record TrainingStart(long step, long totalSteps, int epochs) {}
