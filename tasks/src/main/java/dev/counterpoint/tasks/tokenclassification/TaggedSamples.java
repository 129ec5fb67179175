package dev.counterpoint.tasks.tokenclassification;

import dev.counterpoint.core.data.source.Samples;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Sample of validation sentences with entities, selected at equal intervals, and the entities that
 * the model finds.
 *
 * @param maxLength the maximum number of tokens of a window
 */
record TaggedSamples(
    Tokenizer tokenizer, List<Sentence> sentences, int maxLength, List<String> labels)
    implements Samples {
  private static final int MAX_SAMPLES = 8;

  @Override
  public List<Sample> of(BaseModel model) throws IOException {
    List<Sentence> tagged =
        sentences.stream().filter(it -> !TagScheme.spans(it.tags()).isEmpty()).toList();
    int step = Math.max(1, tagged.size() / MAX_SAMPLES);
    List<Sentence> selected = new ArrayList<>();
    for (int i = 0; i < tagged.size() && selected.size() < MAX_SAMPLES; i += step) {
      selected.add(tagged.get(i));
    }
    try (EntityPredictor predictor = new EntityPredictor(model, tokenizer, maxLength, labels)) {
      List<EntityPredictor.Tags> tags =
          predictor.tags(selected.stream().map(Sentence::words).toList());
      List<Sample> samples = new ArrayList<>();
      for (int i = 0; i < selected.size(); i++) {
        Sentence sentence = selected.get(i);
        String found = entities(sentence, tags.get(i).names());
        String reference = entities(sentence, sentence.tags());
        samples.add(
            new Sample(
                String.join(" ", sentence.words()) + "\n",
                found,
                found.equals(reference) ? "correct" : "incorrect; reference: " + reference));
      }
      return samples;
    }
  }

  private static String entities(Sentence sentence, List<String> tags) {
    List<TagScheme.Span> spans = TagScheme.spans(tags);
    return spans.isEmpty()
        ? "(none)"
        : spans.stream()
            .map(
                it ->
                    it.type()
                        + ": "
                        + String.join(" ", sentence.words().subList(it.start(), it.end())))
            .collect(Collectors.joining(", "));
  }
}
