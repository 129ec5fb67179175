package dev.counterpoint.runner.cli.model;

import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.json.JsonPredictor;
import dev.counterpoint.inference.json.ModelInput;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import dev.counterpoint.tasks.questionanswering.QuestionPredictor;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Formats the answers of an extractive question-answering model as tab-separated lines.
 *
 * @param top the number of answers per question
 */
record AnswerFormatter(Pipeline pipeline, int top) implements PredictionFormatter {
  @Override
  public List<String> format(List<ModelInput> inputs) {
    return PredictionFormatter.each(
        inputs, pipeline.answers(JsonPredictor.questions(inputs), top), AnswerFormatter::lines);
  }

  private static String lines(ModelInput input, List<QuestionPredictor.Answer> answers) {
    return answers.stream().map(AnswerFormatter::line).collect(Collectors.joining("\n"));
  }

  private static String line(QuestionPredictor.Answer answer) {
    String span = answer.start() < 0 ? "-" : answer.start() + "-" + answer.end();
    String text = answer.start() < 0 ? "(no answer)" : ControlCharacterEscaper.of(answer.text());
    return text + "\t" + Formats.number(answer.probability()) + "\t" + span;
  }
}
