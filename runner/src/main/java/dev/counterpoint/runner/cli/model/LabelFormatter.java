package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import dev.counterpoint.runner.report.Formats;
import dev.counterpoint.tasks.textclassification.TextPredictor;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Formats the predicted labels of texts. */
final class LabelFormatter implements PredictionFormatter {
  private final BaseModel model;
  private final TextEncoder encoder;
  private final TextPredictor predictor;
  private final boolean json;
  private final @Nullable Integer top;
  private long texts;
  private long truncated;

  /**
   * Creates a formatter. It closes the model and the encoder in {@link #close}.
   *
   * @param labels in the order of the model's logits
   * @param json whether to print JSON objects instead of tab-separated lines
   * @param top the number of labels per text; null for one as text, and for all in JSON
   */
  LabelFormatter(
      BaseModel model,
      TextEncoder encoder,
      List<String> labels,
      boolean json,
      @Nullable Integer top) {
    this.model = model;
    this.encoder = encoder;
    this.json = json;
    this.top = top;
    predictor = new TextPredictor(model, encoder, labels);
  }

  @Override
  public List<String> format(List<PredictRequest> requests) {
    List<TextPredictor.Prediction> predictions =
        predictor.predict(requests.stream().map(PredictRequest::text).toList());
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      TextPredictor.Prediction prediction = predictions.get(i);
      texts++;
      truncated += prediction.truncated() ? 1 : 0;
      lines.add(json ? object(requests.get(i), prediction) : line(requests.get(i), prediction));
    }
    return lines;
  }

  private String line(PredictRequest request, TextPredictor.Prediction prediction) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < count(prediction, 1); i++) {
      line.append(ControlCharacterEscaper.of(prediction.labels().get(i))).append('\t');
      line.append(Formats.number(prediction.probabilities().get(i))).append('\t');
    }
    return line.append(ControlCharacterEscaper.of(request.text())).toString();
  }

  private String object(PredictRequest request, TextPredictor.Prediction prediction) {
    ObjectNode object = PredictionFormatter.newObject(request).put("text", request.text());
    object.put("label", prediction.label()).put("probability", prediction.probability());
    ObjectNode all = object.putObject("probabilities");
    for (int i = 0; i < count(prediction, Integer.MAX_VALUE); i++) {
      all.put(prediction.labels().get(i), prediction.probabilities().get(i));
    }
    return (prediction.truncated() ? object.put("truncated", true) : object).toString();
  }

  private int count(TextPredictor.Prediction prediction, int defaultCount) {
    return Math.min(top == null ? defaultCount : top, prediction.labels().size());
  }

  @Override
  public List<String> remarks() {
    return truncated == 0
        ? List.of()
        : List.of(
            Formats.of(
                "%,d of %,d texts %s longer than %,d tokens and truncated",
                truncated, texts, truncated == 1 ? "is" : "are", encoder.maxLength()));
  }

  @Override
  public void close() {
    encoder.close();
    model.close();
  }
}
