package dev.counterpoint.core.data.source;

/**
 * Settings that a task needs to decode the predictions of a trained model, such as the longest
 * answer. They are saved with the model. An implementation is a record.
 */
public interface PredictionSettings {}
