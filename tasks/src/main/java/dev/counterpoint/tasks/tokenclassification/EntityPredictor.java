package dev.counterpoint.tasks.tokenclassification;

import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Surrogates;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Finds the entities of texts with a trained model. Thread-safe. */
public final class EntityPredictor implements AutoCloseable {
  /** Number of windows in one forward pass. */
  private static final int BATCH_SIZE = 32;

  /** How a text is split into words. */
  public enum Words {
    /**
     * Web addresses; letters and digits, which a hyphen, dot, slash or ampersand may join, also
     * after @ or #; an apostrophe and the letters after it; any other character on its own. The
     * files of WNUT 2017 and CoNLL 2003 are split alike.
     */
    TEXT("https?://\\S+|[@#]?\\w+(?:[-./&]\\w+)*|['’]\\p{L}+|\\S"),
    /** The text is split at white space only. */
    BLANKS("\\S+");

    private final Pattern pattern;

    Words(String regex) {
      pattern = Pattern.compile(regex, Pattern.UNICODE_CHARACTER_CLASS);
    }

    List<MatchResult> of(String text) {
      return pattern.matcher(text).results().toList();
    }
  }

  private final Predictor predictor;
  private final Windows windows;
  private final int paddingId;
  private final List<String> labels;

  /**
   * Creates a predictor and switches the model to evaluation mode.
   *
   * @param maxLength the maximum number of tokens of a window
   * @param labels the tags in the order of the model's outputs
   */
  public EntityPredictor(BaseModel model, Tokenizer tokenizer, int maxLength, List<String> labels)
      throws IOException {
    predictor = new Predictor(model);
    windows = new Windows(tokenizer, maxLength);
    paddingId = tokenizer.special().padding();
    this.labels = List.copyOf(labels);
  }

  /**
   * The entities of each text, in the order of the text.
   *
   * @throws InvalidSettings if a text has an unpaired surrogate
   */
  public List<List<Entity>> entities(List<String> texts, Words split) {
    if (texts.stream().anyMatch(Surrogates::areUnpairedIn)) {
      throw new InvalidSettings(
          "A text has an unpaired surrogate, which is not a valid character.");
    }
    List<List<MatchResult>> matches = texts.stream().map(split::of).toList();
    List<Tags> tags =
        tags(matches.stream().map(it -> it.stream().map(MatchResult::group).toList()).toList());
    List<List<Entity>> entities = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.get(i);
      List<MatchResult> words = matches.get(i);
      double[] probabilities = tags.get(i).probabilities();
      entities.add(
          TagScheme.spans(tags.get(i).names()).stream()
              .map(
                  it ->
                      entity(
                          it.type(),
                          text,
                          words.get(it.start()).start(),
                          words.get(it.end() - 1).end(),
                          Arrays.stream(probabilities, it.start(), it.end())
                              .average()
                              .orElse(Double.NaN)))
              .toList());
    }
    return entities;
  }

  private static Entity entity(String type, String text, int from, int to, double probability) {
    return new Entity(
        type,
        text.substring(from, to),
        text.codePointCount(0, from),
        text.codePointCount(0, to),
        probability);
  }

  /** The predicted tags of the words of a sentence, and their probabilities. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Tags(List<String> names, double[] probabilities) {
    static Tags outside(int words) {
      String[] names = new String[words];
      Arrays.fill(names, TagScheme.OUTSIDE);
      return new Tags(Arrays.asList(names), new double[words]);
    }
  }

  /** The tags of the words of sentences. The windows of all sentences are batched together. */
  List<Tags> tags(List<List<String>> sentences) {
    List<Tags> tags = sentences.stream().map(it -> Tags.outside(it.size())).toList();
    List<Window> all = new ArrayList<>();
    List<Tags> targets = new ArrayList<>();
    for (int i = 0; i < sentences.size(); i++) {
      if (!sentences.get(i).isEmpty()) {
        for (Window window : windows.split(sentences.get(i))) {
          all.add(window);
          targets.add(tags.get(i));
        }
      }
    }
    for (int from = 0; from < all.size(); from += BATCH_SIZE) {
      List<Window> batch = all.subList(from, Math.min(all.size(), from + BATCH_SIZE));
      HostTensor logits = predictor.predict(SentenceSet.collate(batch, Map.of(), paddingId));
      for (int row = 0; row < batch.size(); row++) {
        read(batch.get(row), logits, row, targets.get(from + row));
      }
    }
    return tags;
  }

  private void read(Window window, HostTensor logits, int row, Tags tags) {
    int tokens = (int) logits.shape().get(1);
    for (int i = 0; i < window.words().length; i++) {
      int position = window.positions()[i];
      if (position >= 0) {
        int from = (row * tokens + position) * labels.size();
        double[] values = OutputActivation.SOFTMAX.apply(logits.floats(), from, labels.size());
        int best = 0;
        for (int label = 1; label < values.length; label++) {
          best = values[label] > values[best] ? label : best;
        }
        tags.names().set(window.words()[i], labels.get(best));
        tags.probabilities()[window.words()[i]] = values[best];
      }
    }
  }

  @Override
  public void close() {
    windows.close();
  }
}
