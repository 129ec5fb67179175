package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * Input of one prediction.
 *
 * @param text the text to classify, or the context that contains the answer
 * @param question the question about the text; null unless the model answers questions
 * @param id the {@code id} of a JSON line, returned with its prediction; null if it has none
 */
record PredictRequest(String text, @Nullable String question, @Nullable JsonNode id) {}
