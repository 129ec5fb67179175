package dev.counterpoint.core.callback;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of a run when it starts or resumes.
 *
 * @param step the number of optimizer steps done so far: 0 unless the run resumes from a checkpoint
 * @param totalSteps the number of optimizer steps of the whole run
 * @param stepsPerEpoch the number of optimizer steps of an epoch
 * @param skipped newer checkpoints that could not be used: a sentence with the reason for each
 * @param endReason why there are no steps left to train, as "all 300 steps are done"; null if there
 *     are steps left
 */
public record TrainingStart(
    long step,
    long totalSteps,
    long stepsPerEpoch,
    List<String> skipped,
    @Nullable String endReason) {}
