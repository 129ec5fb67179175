package dev.counterpoint.runner.cli.model;

import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.json.ModelInput;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import java.util.List;

/** Formats the results of a user-defined task as tab-separated lines. */
record ResultFormatter(Pipeline pipeline) implements PredictionFormatter {
  @Override
  public List<String> format(List<ModelInput> inputs) {
    List<Object> results = pipeline.results(inputs.stream().map(ModelInput::text).toList());
    return PredictionFormatter.each(inputs, results, ResultFormatter::line);
  }

  private static String line(ModelInput input, Object result) {
    return ControlCharacterEscaper.of(result.toString())
        + "\t"
        + ControlCharacterEscaper.of(input.text());
  }
}
