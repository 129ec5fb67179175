package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trains, evaluates and queries a question-answering model on the command line. */
class QuestionAnsweringRunTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"model.architecture.tokenTypes=1", "model.from=%s"})
  void modelWithOneTokenTypeIsRejected(String setting) throws IOException {
    Path file = folder.resolve("squad.json");
    Files.writeString(
        file,
        "{\"data\": [{\"paragraphs\": [" + paragraph(0, "The door is blue and old.", 12) + "]}]}");
    Path model = Files.createDirectory(folder.resolve("model"));
    Files.writeString(
        model.resolve("config.json"),
        "{\"model_type\": \"bert\", \"type_vocab_size\": 1, \"hidden_size\": 12}");
    Files.writeString(model.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ndoor\nis\n");
    List<String> arguments = new ArrayList<>(List.of("train", "question-answering"));
    for (String set :
        List.of(
            "data.train.path=" + file, "data.validation.path=" + file, setting.formatted(model))) {
      arguments.addAll(List.of("--set", set));
    }
    arguments.addAll(List.of("--output", folder.resolve("run").toString()));
    Terminal terminal = new Terminal();

    assertThat(terminal.run(arguments.toArray(String[]::new)))
        .as(terminal.err())
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("type_vocab_size", "1");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void modelIsTrainedEvaluatedAndQueried() throws IOException {
    Path file = folder.resolve("squad.json");
    StringBuilder paragraphs = new StringBuilder();
    String[] colours = {"red", "blue", "green", "white"};
    for (int i = 0; i < 32; i++) {
      String context = "The door is " + colours[i % 4] + " and old.";
      paragraphs.append(paragraphs.isEmpty() ? "" : ",").append(paragraph(i, context, 12));
    }
    Files.writeString(file, "{\"data\": [{\"paragraphs\": [" + paragraphs + "]}]}");
    Terminal terminal = new Terminal();
    String run = folder.resolve("run").toString();
    List<String> arguments = new ArrayList<>(List.of("train", "question-answering"));
    for (String set :
        List.of(
            "data.train.path=" + file,
            "data.validation.path=" + file,
            "model.architecture.width=16",
            "model.architecture.dropout=0",
            "model.architecture.attentionDropout=0",
            "data.tokenizer.minimumCount=1",
            "data.maxAnswer=1",
            "training.epochs=30",
            "training.optimizer.learningRate=1e-2")) {
      arguments.addAll(List.of("--set", set));
    }
    arguments.addAll(List.of("--output", run));

    assertThat(terminal.run(arguments.toArray(String[]::new)))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.out()).contains("exactMatch 1.0000, f1 1.0000");
    Terminal predicted = new Terminal();
    predicted.run(
        "predict", run, "--question", "Which colour?", "--text", "The door is blue and old.");
    assertThat(predicted.out()).as(predicted.err()).startsWith("blue\t").contains("\t12-16\n");
    Terminal inJson = new Terminal();
    inJson.run(
        "predict",
        run,
        "--json",
        "--top",
        "2",
        "--question",
        "Which colour?",
        "--text",
        "The door is green and old.");
    assertThat(inJson.out())
        .as(inJson.err())
        .startsWith("{\"question\":\"Which colour?\",\"text\":\"green\",\"start\":12,\"end\":17,")
        .contains("\"answers\":[{\"text\":\"green\",\"start\":12,\"end\":17,\"score\":");
    Terminal all = new Terminal();
    all.run("predict", run, "--top", "99", "--question", "Which?", "--text", "It is very old.");
    assertThat(all.out().lines())
        .as("answers are at most as long as in training, and none is empty: " + all.err())
        .extracting(line -> line.split("\t")[0])
        .containsExactlyInAnyOrder("It", "is", "very", "old", ".");
    Terminal evaluated = new Terminal();
    evaluated.run("evaluate", run, "--data", file.toString());
    assertThat(evaluated.out())
        .as(evaluated.err())
        .startsWith("data (32 ")
        .contains("exactMatch 1.0000, f1 1.0000");
    assertThat(Files.readString(folder.resolve("run/report.html")))
        .contains("The door is red and old.\nWhich colour?\n<strong>red</strong></p>")
        .contains("<p class=\"soft\">");
    Terminal wrong = new Terminal();
    assertThat(wrong.run("predict", run, "--text", "The door")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(wrong.err()).contains("--question");
  }

  private static String paragraph(int number, String context, int start) {
    String answer = context.substring(start, context.indexOf(' ', start));
    return """
        {"context": "%s", "qas": [{"id": "%d", "question": "Which colour?",
          "answers": [{"text": "%s", "answer_start": %d}]}]}"""
        .formatted(context, number, answer, start);
  }
}
