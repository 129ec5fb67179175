package dev.counterpoint.core.callback;

import java.util.Map;

/**
 * The measurements of one optimizer step, over all processes.
 *
 * @param step the number of optimizer steps so far, including this one
 * @param epoch the epoch, counted from 1
 * @param loss the mean loss of the step, including auxiliary losses
 * @param weight the number of examples or tokens that counted in the loss
 * @param learningRate the learning rate of the optimizer; parameter groups can have a different one
 * @param gradientNorm the 2-norm of the gradient before clipping
 * @param examples the number of examples in the step
 * @param tokens the number of tokens in the step that are not padding
 * @param seconds the duration of the step
 * @param waitSeconds the part of the duration in which this process waited for the data
 * @param auxiliary the means of the auxiliary losses by name
 */
public record StepReport(
    long step,
    int epoch,
    double loss,
    double weight,
    double learningRate,
    double gradientNorm,
    long examples,
    long tokens,
    double seconds,
    double waitSeconds,
    Map<String, Double> auxiliary) {}
