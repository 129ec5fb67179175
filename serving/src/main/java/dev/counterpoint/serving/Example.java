package dev.counterpoint.serving;

import dev.counterpoint.inference.json.ModelInput;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import org.jspecify.annotations.Nullable;

/**
 * A validated input.
 *
 * @param encoded null if the model encodes its inputs itself
 * @param tokens the number of tokens, or of characters if the model encodes its inputs itself; 1
 *     for a row of a table
 */
record Example(ModelInput input, TextEncoder.@Nullable Encoded encoded, int tokens) {}
