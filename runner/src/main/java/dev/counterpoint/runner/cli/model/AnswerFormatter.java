package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import dev.counterpoint.tasks.questionanswering.QuestionPredictor;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Formats the answers of an extractive question-answering model.
 *
 * @param json whether to print JSON objects instead of tab-separated lines
 * @param top the number of answers per question; null for one
 */
record AnswerFormatter(Pipeline pipeline, boolean json, @Nullable Integer top)
    implements PredictionFormatter {
  @Override
  public List<String> format(List<PredictRequest> requests) {
    List<QuestionPredictor.Input> questions =
        requests.stream()
            .map(
                it -> new QuestionPredictor.Input(Objects.requireNonNull(it.question()), it.text()))
            .toList();
    List<List<QuestionPredictor.Answer>> all = pipeline.answers(questions, top == null ? 1 : top);
    return PredictionFormatter.each(requests, all, json ? this::object : AnswerFormatter::lines);
  }

  private static String lines(PredictRequest request, List<QuestionPredictor.Answer> answers) {
    return answers.stream().map(AnswerFormatter::line).collect(Collectors.joining("\n"));
  }

  private static String line(QuestionPredictor.Answer answer) {
    String span = answer.start() < 0 ? "-" : answer.start() + "-" + answer.end();
    String text = answer.start() < 0 ? "(no answer)" : ControlCharacterEscaper.of(answer.text());
    return text + "\t" + Formats.number(answer.probability()) + "\t" + span;
  }

  private String object(PredictRequest request, List<QuestionPredictor.Answer> answers) {
    ObjectNode object = PredictionFormatter.newObject(request).put("question", request.question());
    put(object, answers.get(0));
    if (top != null) {
      ArrayNode list = object.putArray("answers");
      answers.forEach(answer -> put(list.addObject(), answer));
    }
    return object.toString();
  }

  private static void put(ObjectNode object, QuestionPredictor.Answer answer) {
    object.put("text", answer.text());
    object.put("start", answer.start()).put("end", answer.end());
    object.put("score", Json.finite(answer.probability()));
  }
}
