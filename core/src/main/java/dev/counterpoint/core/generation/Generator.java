package dev.counterpoint.core.generation;

import ai.djl.Device;
import dev.counterpoint.core.parameter.Seeds;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Goes on with prompts, several at once. */
public final class Generator {
  private final DecoderSession.Model model;
  private final GenerationSettings settings;
  private final int maxLength;
  private final Device device;

  /**
   * A generator.
   *
   * @param maxLength the most tokens of a text, the prompt's among them, that the model takes
   */
  public Generator(
      DecoderSession.Model model, GenerationSettings settings, int maxLength, Device device) {
    this.model = model;
    this.settings = settings;
    this.maxLength = maxLength;
    this.device = device;
  }

  /** Hears of each new token as soon as it is known; beams know theirs only at the end. */
  @FunctionalInterface
  public interface Listener {
    void token(int prompt, long token);
  }

  /**
   * The new tokens of each prompt, up to a stop token or to the most there may be.
   *
   * @throws InvalidSettings where a prompt has no tokens, or leaves no room for another
   */
  public List<List<Long>> generate(List<long[]> prompts, Listener listener) {
    prompts.forEach(this::check);
    return settings.beams() > 1 ? byBeams(prompts, listener) : oneByOne(prompts, listener);
  }

  private void check(long[] prompt) {
    if (prompt.length == 0) {
      throw new InvalidSettings("A prompt is empty; there must be a token to go on from.");
    }
    if (prompt.length >= maxLength) {
      throw new InvalidSettings(
          "A prompt of "
              + prompt.length
              + " tokens leaves no room: the model takes "
              + maxLength
              + " in all.");
    }
  }

  private int roomFor(long[] prompt) {
    return Math.min(settings.maxTokens(), maxLength - prompt.length);
  }

  private List<List<Long>> byBeams(List<long[]> prompts, Listener listener) {
    BeamSearch search = new BeamSearch(model, settings, device);
    List<List<Long>> made = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      int prompt = i;
      made.add(search.search(prompts.get(i), roomFor(prompts.get(i))));
      made.get(i).forEach(token -> listener.token(prompt, token));
    }
    return made;
  }

  private List<List<Long>> oneByOne(List<long[]> prompts, Listener listener) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      rows.add(new Row(i, prompts.get(i)));
    }
    try (PromptBatch reading = new PromptBatch(model, prompts, maxLength, device)) {
      double[][] logits = reading.readPrompts(prompts);
      while (true) {
        for (Row row : rows) {
          row.resume(logits[row.number], listener);
        }
        if (rows.stream().allMatch(row -> row.done)) {
          return rows.stream().map(Row::made).toList();
        }
        logits = reading.readNext(rows.stream().mapToLong(Row::last).toArray());
      }
    }
  }

  /** One prompt and what it has become. What comes behind its end is read and not looked at. */
  private final class Row {
    private final int number;
    private final int promptLength;
    private final int room;
    private final List<Long> tokens;
    private final SplittableRandom random;
    private boolean done;

    Row(int number, long[] prompt) {
      this.number = number;
      promptLength = prompt.length;
      room = roomFor(prompt);
      tokens = new ArrayList<>(Arrays.stream(prompt).boxed().toList());
      random = new SplittableRandom(Seeds.of(settings.seed(), number));
    }

    void resume(double[] logits, Listener listener) {
      if (!done) {
        long token = new TokenSampler(settings).choose(logits, tokens, random);
        tokens.add(token);
        listener.token(number, token);
        done = settings.stop().contains(token) || tokens.size() == promptLength + room;
      }
    }

    long last() {
      return tokens.get(tokens.size() - 1);
    }

    List<Long> made() {
      return List.copyOf(tokens.subList(promptLength, tokens.size()));
    }
  }
}
