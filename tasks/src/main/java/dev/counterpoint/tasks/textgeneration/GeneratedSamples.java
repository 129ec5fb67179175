package dev.counterpoint.tasks.textgeneration;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.source.Samples;
import dev.counterpoint.core.generation.DecoderSession;
import dev.counterpoint.core.generation.GenerationSettings;
import dev.counterpoint.core.generation.Generator;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;

/**
 * Sampled continuations of validation prompts by a language model. A prompt is the beginning of an
 * example; if the validation data consists of short texts, it is the first half of one text. Empty
 * for a model that cannot generate text.
 *
 * @param length the number of tokens of an example
 */
record GeneratedSamples(Tokenizer tokenizer, Dataset validation, int length) implements Samples {
  private static final int SAMPLES = 5;
  private static final int PROMPT = 24;
  private static final int TOKENS = 120;
  private static final double TEMPERATURE = 0.8;
  private static final int TOP_K = 40;
  private static final long SEED = 17;

  @Override
  public List<Sample> of(BaseModel model) throws IOException {
    model.setTraining(false);
    if (!(model instanceof DecoderSession.Model language) || length < 2) {
      return List.of();
    }
    GenerationSettings settings =
        new GenerationSettings(
            TOKENS, true, TEMPERATURE, TOP_K, 1, 1, 1, tokenizer.stopTokens(), SEED);
    Generator generator = new Generator(language, settings, length, model.device());
    List<long[]> prompts = prompts();
    List<List<Long>> generated = generator.generate(prompts, (prompt, token) -> {});
    List<Sample> samples = new ArrayList<>();
    try (TextEncoder encoder = new TextEncoder(tokenizer, length)) {
      for (int i = 0; i < generated.size(); i++) {
        samples.add(
            new Sample(encoder.decode(prompts.get(i)), encoder.decode(generated.get(i)), ""));
      }
    }
    return samples;
  }

  private long endOfText() {
    return tokenizer.special().end().get(0);
  }

  private List<long[]> prompts() {
    return LongStream.range(0, SAMPLES)
        .mapToObj(i -> prompt(i * validation.size() / SAMPLES))
        .toList();
  }

  private long[] prompt(long index) {
    long[] ids =
        Objects.requireNonNull(validation.collate(new long[] {index}).tensors().get(Batch.IDS))
            .longs();
    int maxTokens = Math.min(ids.length, Math.min(PROMPT, (length + 1) / 2));
    boolean hasShortTexts = Arrays.stream(ids).anyMatch(id -> id == endOfText());
    return hasShortTexts ? firstHalf(ids, maxTokens) : Arrays.copyOf(ids, maxTokens);
  }

  /**
   * The end-of-text token and the first half of the first text that lies completely within the
   * example.
   */
  private long[] firstHalf(long[] ids, int maxTokens) {
    int textStart = ids.length;
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] == endOfText()) {
        int tokens = i - textStart - 1;
        if (tokens > 1) {
          return Arrays.copyOfRange(
              ids, textStart, textStart + Math.min(maxTokens, 1 + tokens / 2));
        }
        textStart = i;
      }
    }
    return new long[] {endOfText()};
  }
}
