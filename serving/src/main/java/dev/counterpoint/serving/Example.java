package dev.counterpoint.serving;

import dev.counterpoint.inference.json.ModelInput;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import org.jspecify.annotations.Nullable;

/**
 * A validated input.
 *
 * @param encoded null if the model encodes its inputs itself
 * @param tokens the number of tokens; 1 for other data
 */
record Example(ModelInput input, TextEncoder.@Nullable Encoded encoded, int tokens) {}
