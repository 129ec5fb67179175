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

/** Predicts the labels of texts with a trained classifier. Thread-safe. */
public final class TextPredictor {
  private final Predictor predictor;
  private final TextEncoder encoder;
  private final List<String> labels;

  /**
   * Creates a predictor and switches the model to evaluation mode.
   *
   * @param labels the class labels in the order of the model's logits
   */
  public TextPredictor(BaseModel model, TextEncoder encoder, List<String> labels) {
    predictor = new Predictor(model);
    this.encoder = encoder;
    this.labels = List.copyOf(labels);
  }

  /**
   * Prediction for one text.
   *
   * @param labels all class labels, by descending probability
   * @param probabilities the probabilities of the labels, computed as the softmax of the logits
   * @param truncated whether the text was truncated to the maximum length used in training
   */
  public record Prediction(List<String> labels, List<Double> probabilities, boolean truncated) {
    public String label() {
      return labels.get(0);
    }

    /** Probability of the most likely label. */
    public double probability() {
      return probabilities.get(0);
    }
  }

  /** Returns one prediction for each text, in the same order. */
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

  private Prediction ranked(double[] probabilities, boolean truncated) {
    List<Integer> order =
        IntStream.range(0, labels.size())
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -probabilities[i]))
            .toList();
    return new Prediction(
        order.stream().map(labels::get).toList(),
        order.stream().map(i -> probabilities[i]).toList(),
        truncated);
  }

  private double[] softmax(float[] logits, int offset) {
    double highest = logits[offset];
    for (int j = 1; j < labels.size(); j++) {
      highest = Math.max(highest, logits[offset + j]);
    }
    double[] probabilities = new double[labels.size()];
    double total = 0;
    for (int j = 0; j < probabilities.length; j++) {
      probabilities[j] = Math.exp(logits[offset + j] - highest);
      total += probabilities[j];
    }
    for (int j = 0; j < probabilities.length; j++) {
      probabilities[j] /= total;
    }
    return probabilities;
  }
}
