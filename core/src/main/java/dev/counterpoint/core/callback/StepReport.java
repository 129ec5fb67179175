package dev.counterpoint.core.callback;

/**
 * One optimizer update, over all processes.
 *
 * @param step updates so far, this one included
 * @param epoch counted from 1
 * @param loss the mean over what counted in this step
 * @param weight items or tokens that counted in the loss
 * @param learningRate of the optimizer itself; groups may have another
 * @param gradientNorm the 2-norm before clipping
 * @param items items of the step
 * @param tokens tokens of the step that are not padding
 * @param seconds from the start of the step to its end
 */
public record StepReport(
    long step,
    int epoch,
    double loss,
    double weight,
    double learningRate,
    double gradientNorm,
    long items,
    long tokens,
    double seconds) {}
