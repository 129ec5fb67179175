package dev.counterpoint.core.generation;

import ai.djl.Device;
import dev.counterpoint.core.parameter.Seeds;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Generates continuations of prompts with a causal language model, several prompts in one batch.
 *
 * @param maxLength maximum number of tokens that the model accepts, including the prompt
 */
public record Generator(
    DecoderSession.Model model, GenerationSettings settings, int maxLength, Device device) {

  /**
   * Receives each new token as soon as it is generated; with beam search, all tokens at the end.
   */
  @FunctionalInterface
  public interface Listener {
    void token(int prompt, long token);
  }

  /**
   * Generates the new tokens of each prompt, up to a stop token or the maximum number.
   *
   * @throws InvalidSettings if a prompt is empty or leaves no room for a new token
   */
  public List<List<Long>> generate(List<long[]> prompts, Listener listener) {
    prompts.forEach(this::check);
    return settings.beams() > 1 ? beamSearch(prompts, listener) : decode(prompts, listener);
  }

  private void check(long[] prompt) {
    if (prompt.length == 0) {
      throw new InvalidSettings("A prompt is empty; it must contain at least one token.");
    }
    if (prompt.length >= maxLength) {
      throw new InvalidSettings(
          "A prompt has %s tokens, which leaves no room for new ones: the maximum is %s,"
              + " from the model or from max_length in generation_config.json.",
          prompt.length, maxLength);
    }
  }

  private int newTokensFor(long[] prompt) {
    return Math.min(settings.maxTokens(), maxLength - prompt.length);
  }

  private List<List<Long>> beamSearch(List<long[]> prompts, Listener listener) {
    BeamSearch search = new BeamSearch(model, settings, device);
    List<List<Long>> generated = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      int prompt = i;
      generated.add(search.search(prompts.get(i), newTokensFor(prompts.get(i))));
      generated.get(i).forEach(token -> listener.token(prompt, token));
    }
    return generated;
  }

  private List<List<Long>> decode(List<long[]> prompts, Listener listener) {
    List<Row> rows =
        IntStream.range(0, prompts.size()).mapToObj(i -> new Row(i, prompts.get(i))).toList();
    try (PromptBatch batch = new PromptBatch(model, prompts, maxLength, device)) {
      double[][] logits = batch.forwardPrompts(prompts);
      while (true) {
        for (Row row : rows) {
          row.append(logits[row.index], listener);
        }
        if (rows.stream().allMatch(row -> row.done)) {
          return rows.stream().map(Row::generated).toList();
        }
        logits = batch.forwardNext(rows.stream().mapToLong(Row::lastToken).toArray());
      }
    }
  }

  /**
   * One sequence of the batch. After it is finished it stays in the batch; its further outputs are
   * ignored.
   */
  private final class Row {
    private final int index;
    private final int promptLength;
    private final int maxNewTokens;
    private final List<Long> tokens;
    private final SplittableRandom random;
    private boolean done;

    Row(int index, long[] prompt) {
      this.index = index;
      promptLength = prompt.length;
      maxNewTokens = newTokensFor(prompt);
      tokens = new ArrayList<>(Arrays.stream(prompt).boxed().toList());
      random = new SplittableRandom(Seeds.of(settings.seed(), index));
    }

    void append(double[] logits, Listener listener) {
      if (!done) {
        long token = new TokenSampler(settings).next(logits, tokens, random);
        tokens.add(token);
        listener.token(index, token);
        done = settings.stop().contains(token) || tokens.size() == promptLength + maxNewTokens;
      }
    }

    long lastToken() {
      return tokens.get(tokens.size() - 1);
    }

    List<Long> generated() {
      return List.copyOf(tokens.subList(promptLength, tokens.size()));
    }
  }
}
