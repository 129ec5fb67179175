package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.json.JsonPredictor;
import dev.counterpoint.inference.json.ModelInput;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import dev.counterpoint.tasks.textclassification.Prediction;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.util.List;
import java.util.LongSummaryStatistics;

/**
 * Formats the labels or the values that a model predicts for texts or rows of features.
 *
 * @param json whether to print JSON objects instead of tab-separated lines
 * @param truncations receives 1 for each truncated text and 0 for each other one
 */
record OutputFormatter(JsonPredictor predictor, boolean json, LongSummaryStatistics truncations)
    implements PredictionFormatter {
  @Override
  public List<String> format(List<ModelInput> inputs) {
    TextEncoder.Encoded examples = predictor.encoded(inputs);
    examples.truncated().forEach(truncated -> truncations.accept(truncated ? 1 : 0));
    if (json) {
      return predictor.predict(inputs, examples).stream().map(JsonNode::toString).toList();
    }
    return pipeline().kind() == Pipeline.Kind.VALUES
        ? PredictionFormatter.each(inputs, pipeline().values(examples), this::line)
        : PredictionFormatter.each(inputs, pipeline().classify(examples), this::line);
  }

  private Pipeline pipeline() {
    return predictor.pipeline();
  }

  private String line(ModelInput input, double[] values) {
    StringBuilder line = new StringBuilder();
    for (double value : values) {
      line.append((float) value).append('\t');
    }
    return line.append(ControlCharacterEscaper.of(input.text())).toString();
  }

  private String line(ModelInput input, Prediction prediction) {
    StringBuilder line = new StringBuilder();
    int count = predictor.top() == null ? 1 : predictor.top();
    for (int i = 0; i < Math.min(count, prediction.labels().size()); i++) {
      line.append(ControlCharacterEscaper.of(prediction.labels().get(i))).append('\t');
      line.append(Formats.number(prediction.probabilities().get(i))).append('\t');
    }
    return line.append(ControlCharacterEscaper.of(input.text())).toString();
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
                pipeline().encoder().maxLength()));
  }
}
