package dev.counterpoint.core.callback;

import dev.counterpoint.core.metric.Evaluation;

/**
 * An evaluation on the validation split during training.
 *
 * @param step the number of optimizer steps so far
 * @param epoch the epoch, counted from 1
 * @param evaluation the metrics
 */
public record ValidationReport(long step, int epoch, Evaluation evaluation) {}
