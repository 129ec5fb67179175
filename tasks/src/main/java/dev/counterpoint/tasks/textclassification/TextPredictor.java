package dev.counterpoint.tasks.textclassification;

import ai.djl.huggingface.tokenizers.Encoding;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Tells the label of texts by a trained classifier. Any number of threads may ask at once. */
public final class TextPredictor {
  private final Predictor predictor;
  private final TextEncoder encoder;
  private final List<String> labels;

  /**
   * Puts the model into evaluation.
   *
   * @param labels in the order of the model's logits
   */
  public TextPredictor(BaseModel model, TextEncoder encoder, List<String> labels) {
    predictor = new Predictor(model);
    this.encoder = encoder;
    this.labels = List.copyOf(labels);
  }

  /**
   * What a text is taken for.
   *
   * @param labels all of them, the likeliest first
   * @param probabilities theirs, by the softmax of the logits
   * @param cut whether the text is longer than those of training may be, so that its end was not
   *     read
   */
  public record Prediction(List<String> labels, List<Double> probabilities, boolean cut) {
    public String label() {
      return labels.get(0);
    }

    /** Of the likeliest label. */
    public double probability() {
      return probabilities.get(0);
    }
  }

  /** One prediction a text, in their order. */
  public List<Prediction> predict(List<String> texts) {
    Encoding[] encodings = encoder.encodings(texts);
    HostTensor logits = predictor.predict(encoder.batch(encodings)); // (texts, classes)
    List<Prediction> predictions = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      double[] probabilities = softmax(logits.floats(), i * labels.size());
      predictions.add(ranked(probabilities, encodings[i].exceedMaxLength()));
    }
    return predictions;
  }

  private Prediction ranked(double[] probabilities, boolean cut) {
    List<Integer> order =
        IntStream.range(0, labels.size())
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -probabilities[i]))
            .toList();
    return new Prediction(
        order.stream().map(labels::get).toList(),
        order.stream().map(i -> probabilities[i]).toList(),
        cut);
  }

  private double[] softmax(float[] logits, int from) {
    double highest = logits[from];
    for (int j = 1; j < labels.size(); j++) {
      highest = Math.max(highest, logits[from + j]);
    }
    double[] shares = new double[labels.size()];
    double total = 0;
    for (int j = 0; j < shares.length; j++) {
      shares[j] = Math.exp(logits[from + j] - highest);
      total += shares[j];
    }
    for (int j = 0; j < shares.length; j++) {
      shares[j] /= total;
    }
    return shares;
  }
}
