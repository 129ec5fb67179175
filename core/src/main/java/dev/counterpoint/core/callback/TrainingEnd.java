package dev.counterpoint.core.callback;

import dev.counterpoint.core.metric.Evaluation;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The result of a run: its totals and the validation of its last step.
 *
 * @param steps the number of optimizer steps
 * @param epochs the number of complete epochs
 * @param trainLoss the mean loss over the last epoch, or the part of it that was trained; NaN if
 *     there was no step
 * @param validation the evaluation of the last step on the validation split; empty if the run was
 *     interrupted before it, or has no validation split
 * @param examples the number of examples trained on, over all processes and restarts
 * @param tokens the number of tokens trained on, over all processes and restarts
 * @param seconds the time in training steps, over all restarts, without steps lost in a crash
 * @param stopReason why the run ended before its last step; null if it did not
 */
public record TrainingEnd(
    long steps,
    int epochs,
    double trainLoss,
    Optional<Evaluation> validation,
    long examples,
    long tokens,
    double seconds,
    @Nullable String stopReason) {}
