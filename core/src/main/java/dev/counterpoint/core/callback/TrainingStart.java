package dev.counterpoint.core.callback;

import java.util.List;

/**
 * A run begins, or goes on.
 *
 * @param step updates made before: 0 unless the run goes on from a checkpoint
 * @param totalSteps updates of the whole run
 * @param epochs of the whole run
 * @param passedOver newer checkpoints that could not be used, and why: a sentence each
 */
public record TrainingStart(long step, long totalSteps, int epochs, List<String> passedOver) {}
