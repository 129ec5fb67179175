package dev.counterpoint.runner.cli;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a model is asked.
 *
 * @param text what is put into a class, or what the answer stands in
 * @param question null for a model that is asked none
 * @param id what a JSON line calls itself, handed back with its answer; null where it does not
 */
record PredictRequest(String text, @Nullable String question, @Nullable JsonNode id) {}
