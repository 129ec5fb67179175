package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.Json;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import dev.counterpoint.tasks.textclassification.Prediction;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.LongSummaryStatistics;
import org.jspecify.annotations.Nullable;

/**
 * Formats the labels or the values that a model predicts for texts or rows of features. Closes the
 * model and the encoder in {@link #close}.
 *
 * @param encoder null if the inputs are rows of features
 * @param json whether to print JSON objects instead of tab-separated lines
 * @param top the number of labels per text; null for one as text, and for all in JSON
 * @param truncations receives 1 for each truncated text and 0 for each other one
 */
record OutputFormatter(
    BaseModel model,
    @Nullable TextEncoder encoder,
    DataSpec data,
    OutputActivation activation,
    boolean json,
    @Nullable Integer top,
    LongSummaryStatistics truncations)
    implements PredictionFormatter {
  private static final double THRESHOLD = 0.5;

  @Override
  public List<String> format(List<PredictRequest> requests) {
    TextEncoder.Encoded encoded = encoded(requests);
    HostTensor output = new Predictor(model).predict(encoded.batch());
    long examples = output.shape().dimension() == 0 ? 0 : output.shape().get(0);
    if (examples != requests.size() || output.shape().dimension() > 2) {
      throw new InvalidSettings(
          "The output of the model has shape %s; predictions need (examples) or (examples, outputs)."
              .formatted(output.shape()));
    }
    encoded.truncated().forEach(truncated -> truncations.accept(truncated ? 1 : 0));
    List<String> lines = new ArrayList<>();
    if (activation == OutputActivation.IDENTITY || data.labels().isEmpty()) {
      int outputs = output.floats().length / requests.size();
      for (int i = 0; i < requests.size(); i++) {
        double[] values = activation.apply(output.floats(), i * outputs, outputs);
        lines.add(json ? object(requests.get(i), values) : line(requests.get(i), values));
      }
      return lines;
    }
    List<Prediction> predictions =
        Prediction.of(output, data.labels(), activation, encoded.truncated());
    for (int i = 0; i < requests.size(); i++) {
      Prediction prediction = predictions.get(i);
      lines.add(json ? object(requests.get(i), prediction) : line(requests.get(i), prediction));
    }
    return lines;
  }

  private TextEncoder.Encoded encoded(List<PredictRequest> requests) {
    return encoder == null
        ? new TextEncoder.Encoded(
            PredictRequest.features(requests, data.features()),
            Collections.nCopies(requests.size(), false))
        : encoder.encoded(requests.stream().map(PredictRequest::text).toList());
  }

  private String line(PredictRequest request, double[] values) {
    StringBuilder line = new StringBuilder();
    for (double value : values) {
      line.append((float) value).append('\t');
    }
    return line.append(ControlCharacterEscaper.of(request.text())).toString();
  }

  private String line(PredictRequest request, Prediction prediction) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < count(prediction, 1); i++) {
      line.append(ControlCharacterEscaper.of(prediction.labels().get(i))).append('\t');
      line.append(Formats.number(prediction.probabilities().get(i))).append('\t');
    }
    return line.append(ControlCharacterEscaper.of(request.text())).toString();
  }

  private String object(PredictRequest request, double[] values) {
    ObjectNode object = newObject(request);
    if (data.labels().size() == values.length) {
      ObjectNode named = object.putObject("values");
      for (int i = 0; i < values.length; i++) {
        named.put(data.labels().get(i), Json.finite(values[i]));
      }
    } else {
      ArrayNode list = object.putArray("values");
      Arrays.stream(values).forEach(value -> list.add(Json.finite(value)));
    }
    return object.toString();
  }

  private String object(PredictRequest request, Prediction prediction) {
    ObjectNode object = newObject(request).put("label", prediction.label());
    object.put("probability", Json.finite(prediction.probability()));
    if (activation == OutputActivation.SIGMOID) {
      ArrayNode predicted = object.putArray("labels");
      for (int i = 0; i < prediction.labels().size(); i++) {
        if (prediction.probabilities().get(i) >= THRESHOLD) {
          predicted.add(prediction.labels().get(i));
        }
      }
    }
    ObjectNode all = object.putObject("probabilities");
    for (int i = 0; i < count(prediction, Integer.MAX_VALUE); i++) {
      all.put(prediction.labels().get(i), Json.finite(prediction.probabilities().get(i)));
    }
    return (prediction.truncated() ? object.put("truncated", true) : object).toString();
  }

  private ObjectNode newObject(PredictRequest request) {
    ObjectNode object = PredictionFormatter.newObject(request);
    if (encoder != null) {
      return object.put("text", request.text());
    }
    ArrayNode features = object.putArray("features");
    for (float feature : request.features(data.features())) {
      features.add(feature);
    }
    return object;
  }

  private int count(Prediction prediction, int defaultCount) {
    return Math.min(top == null ? defaultCount : top, prediction.labels().size());
  }

  @Override
  public List<String> remarks() {
    long truncated = truncations.getSum();
    return truncated == 0 || encoder == null
        ? List.of()
        : List.of(
            Formats.of(
                "%,d of %,d texts %s longer than %,d tokens and truncated",
                truncated,
                truncations.getCount(),
                truncated == 1 ? "is" : "are",
                encoder.maxLength()));
  }

  @Override
  public void close() {
    if (encoder != null) {
      encoder.close();
    }
    model.close();
  }
}
