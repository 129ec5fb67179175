package dev.counterpoint.core.callback;

import dev.counterpoint.core.metric.Evaluation;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended.
 *
 * @param steps updates so far
 * @param epochs epochs that are complete
 * @param trainLoss the mean over the last epoch (or the part of it that was trained); NaN without a
 *     step
 * @param validation the last pass over the validation split
 * @param items trained, in all processes that the run went through
 * @param tokens trained, likewise
 * @param seconds spent in training steps, likewise; without what was lost in a crash
 * @param stopReason why it ended before its last step, or null
 */
public record TrainingEnd(
    long steps,
    int epochs,
    double trainLoss,
    Optional<Evaluation> validation,
    long items,
    long tokens,
    double seconds,
    @Nullable String stopReason) {}
