package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.json.JsonPredictor;
import dev.counterpoint.inference.json.ModelInput;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import dev.counterpoint.tasks.questionanswering.QuestionPredictor;
import dev.counterpoint.tasks.textclassification.Prediction;
import dev.counterpoint.tasks.tokenclassification.Entity;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Runs a trained model on inputs and formats its predictions as lines.
 *
 * @param json whether to print JSON objects instead of tab-separated lines
 * @param truncations receives 1 for each truncated text and 0 for each other one
 */
record PredictionFormatter(
    JsonPredictor predictor, boolean json, LongSummaryStatistics truncations) {
  /** The output of each input, in order: a JSON object, or one or more lines. */
  List<String> format(List<ModelInput> inputs) {
    if (predictor.readsEncoded()) {
      return format(inputs, predictor.encoded(inputs));
    }
    if (json) {
      return predictor.predict(inputs).stream().map(JsonNode::toString).toList();
    }
    Pipeline pipeline = predictor.pipeline();
    List<String> texts = inputs.stream().map(ModelInput::text).toList();
    return switch (pipeline.kind()) {
      case ANSWERS ->
          each(inputs, pipeline.answers(JsonPredictor.questions(inputs), top()), this::answers);
      case ENTITIES -> each(inputs, pipeline.entities(texts, predictor.split()), this::entities);
      default -> each(inputs, pipeline.results(texts), this::result);
    };
  }

  private List<String> format(List<ModelInput> inputs, TextEncoder.Encoded examples) {
    examples.truncated().forEach(truncated -> truncations.accept(truncated ? 1 : 0));
    if (json) {
      return predictor.predict(inputs, examples).stream().map(JsonNode::toString).toList();
    }
    Pipeline pipeline = predictor.pipeline();
    return pipeline.kind() == Pipeline.Kind.VALUES
        ? each(inputs, pipeline.values(examples), this::values)
        : each(inputs, pipeline.classify(examples), this::labels);
  }

  private static <T> List<String> each(
      List<ModelInput> inputs, List<T> outputs, BiFunction<ModelInput, T, String> format) {
    return IntStream.range(0, outputs.size())
        .mapToObj(i -> format.apply(inputs.get(i), outputs.get(i)))
        .toList();
  }

  private int top() {
    return predictor.top() == null ? 1 : predictor.top();
  }

  private String answers(ModelInput input, List<QuestionPredictor.Answer> answers) {
    return answers.stream().map(PredictionFormatter::line).collect(Collectors.joining("\n"));
  }

  private static String line(QuestionPredictor.Answer answer) {
    String span = answer.start() < 0 ? "-" : answer.start() + "-" + answer.end();
    String text = answer.start() < 0 ? "(no answer)" : ControlCharacterEscaper.of(answer.text());
    return text + "\t" + Formats.number(answer.probability()) + "\t" + span;
  }

  /** One line for each entity, followed by an empty line. */
  private String entities(ModelInput input, List<Entity> entities) {
    return entities.stream().map(entity -> line(entity) + "\n").collect(Collectors.joining());
  }

  private static String line(Entity entity) {
    return Formats.of(
        "%s\t%.4f\t%d-%d\t%s",
        ControlCharacterEscaper.of(entity.type()),
        entity.probability(),
        entity.start(),
        entity.end(),
        ControlCharacterEscaper.of(entity.text()));
  }

  private String result(ModelInput input, Object result) {
    return ControlCharacterEscaper.of(result.toString())
        + "\t"
        + ControlCharacterEscaper.of(input.text());
  }

  private String values(ModelInput input, double[] values) {
    StringBuilder line = new StringBuilder();
    for (double value : values) {
      line.append((float) value).append('\t');
    }
    return line.append(ControlCharacterEscaper.of(input.text())).toString();
  }

  private String labels(ModelInput input, Prediction prediction) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < Math.min(top(), prediction.labels().size()); i++) {
      line.append(ControlCharacterEscaper.of(prediction.labels().get(i))).append('\t');
      line.append(Formats.number(prediction.probabilities().get(i))).append('\t');
    }
    return line.append(ControlCharacterEscaper.of(input.text())).toString();
  }

  /** Remarks to print after all inputs: how many texts were truncated. */
  List<String> remarks() {
    long truncated = truncations.getSum();
    return truncated == 0
        ? List.of()
        : List.of(
            Formats.of(
                "%,d of %,d texts %s longer than %,d tokens and truncated",
                truncated,
                truncations.getCount(),
                truncated == 1 ? "is" : "are",
                predictor.pipeline().encoder().maxLength()));
  }
}
