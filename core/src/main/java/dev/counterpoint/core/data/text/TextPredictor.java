package dev.counterpoint.core.data.text;

import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Predictor;
import java.util.ArrayList;
import java.util.List;

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
   * @param probability by the softmax of the logits
   */
  public record Prediction(String label, double probability) {}

  /** One prediction a text, in their order. */
  public List<Prediction> predict(List<String> texts) {
    HostTensor logits = predictor.predict(encoder.encode(texts)); // (texts, classes)
    List<Prediction> predictions = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      predictions.add(likeliest(logits.floats(), i * labels.size()));
    }
    return predictions;
  }

  private Prediction likeliest(float[] logits, int from) {
    int best = 0;
    for (int j = 1; j < labels.size(); j++) {
      best = logits[from + j] > logits[from + best] ? j : best;
    }
    double total = 0;
    for (int j = 0; j < labels.size(); j++) {
      total += Math.exp(logits[from + j] - logits[from + best]);
    }
    return new Prediction(labels.get(best), 1 / total);
  }
}
