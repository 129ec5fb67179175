package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import dev.counterpoint.tasks.textclassification.Prediction;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.LongSummaryStatistics;
import org.jspecify.annotations.Nullable;

/**
 * Formats the labels or the values that a model predicts for texts or rows of features.
 *
 * @param json whether to print JSON objects instead of tab-separated lines
 * @param top the number of labels per text; null for one as text, and for all in JSON
 * @param truncations receives 1 for each truncated text and 0 for each other one
 */
record OutputFormatter(
    Pipeline pipeline, boolean json, @Nullable Integer top, LongSummaryStatistics truncations)
    implements PredictionFormatter {
  @Override
  public List<String> format(List<PredictRequest> requests) {
    TextEncoder.Encoded examples = examples(requests);
    examples.truncated().forEach(truncated -> truncations.accept(truncated ? 1 : 0));
    return pipeline.kind() == Pipeline.Kind.VALUES
        ? PredictionFormatter.each(
            requests, pipeline.values(examples), json ? this::object : this::line)
        : PredictionFormatter.each(
            requests, pipeline.classify(examples), json ? this::object : this::line);
  }

  private TextEncoder.Encoded examples(List<PredictRequest> requests) {
    if (readsImages()) {
      return pipeline.images(requests.stream().map(it -> Path.of(it.text())).toList());
    }
    if (pipeline.table().isPresent()) {
      return pipeline.tableRows(requests.stream().map(PredictRequest::row).toList());
    }
    if (pipeline.input().text2() != null) {
      List<List<String>> pairs = requests.stream().map(PredictRequest::pair).toList();
      return pipeline.pairs(
          pairs.stream().map(pair -> pair.get(0)).toList(),
          pairs.stream().map(pair -> pair.get(1)).toList());
    }
    return features() > 0
        ? pipeline.rows(requests.stream().map(it -> it.features(features())).toList())
        : pipeline.texts(requests.stream().map(PredictRequest::text).toList());
  }

  private boolean readsImages() {
    return pipeline.config().data().image() != null;
  }

  private int features() {
    return pipeline.config().data().features();
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
    if (pipeline.labels().size() == values.length) {
      ObjectNode named = object.putObject("values");
      for (int i = 0; i < values.length; i++) {
        named.put(pipeline.labels().get(i), Json.finite(values[i]));
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
    if (pipeline.activation() == OutputActivation.SIGMOID) {
      ArrayNode predicted = object.putArray("labels");
      pipeline.predicted(prediction).forEach(predicted::add);
    }
    ObjectNode all = object.putObject("probabilities");
    for (int i = 0; i < count(prediction, Integer.MAX_VALUE); i++) {
      all.put(prediction.labels().get(i), Json.finite(prediction.probabilities().get(i)));
    }
    return (prediction.truncated() ? object.put("truncated", true) : object).toString();
  }

  private ObjectNode newObject(PredictRequest request) {
    ObjectNode object = PredictionFormatter.newObject(request);
    if (pipeline.table().isPresent()) {
      return object.set("row", Json.MAPPER.valueToTree(request.row()));
    }
    if (pipeline.input().text2() != null) {
      return object.put("text", request.pair().get(0)).put("text2", request.pair().get(1));
    }
    if (features() == 0) {
      return object.put(readsImages() ? "image" : "text", request.text());
    }
    ArrayNode features = object.putArray("features");
    for (float feature : request.features(features())) {
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
    return truncated == 0
        ? List.of()
        : List.of(
            Formats.of(
                "%,d of %,d texts %s longer than %,d tokens and truncated",
                truncated,
                truncations.getCount(),
                truncated == 1 ? "is" : "are",
                pipeline.encoder().maxLength()));
  }
}
