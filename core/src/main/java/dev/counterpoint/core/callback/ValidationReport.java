package dev.counterpoint.core.callback;

import dev.counterpoint.core.metric.Evaluation;

/**
 * A pass over the validation split.
 *
 * @param step updates so far
 * @param epoch counted from 1
 */
public record ValidationReport(long step, int epoch, Evaluation evaluation) {}
