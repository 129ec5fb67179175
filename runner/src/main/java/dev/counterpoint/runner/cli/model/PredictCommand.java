package dev.counterpoint.runner.cli.model;

import ai.djl.Device;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.generation.DecoderSession;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.models.bert.BertConfig;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.Consoles;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.HubDownload;
import dev.counterpoint.tasks.questionanswering.AnswerExtraction;
import dev.counterpoint.tasks.questionanswering.QuestionPredictor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterpoint predict}: predicts labels of texts, or answers to questions about them. */
@Command(
    name = "predict",
    description = {
      "Predicts the labels or values of texts, or answers a question about them. The texts are"
          + " given by --text, or are the lines of standard input. For a model of features each"
          + " text is a row of numbers, separated by commas or white space.",
      "Prints label, probability and text, separated by tabs; for a regression model the values and"
          + " the text. With --question: answer, probability and position (start-end, in characters"
          + " from 0, end excluded).",
      "With --json each output line is a JSON object, and so is each line of standard input:"
          + " {\"text\": ...}, {\"features\": [...]}, or {\"question\": ..., \"context\": ...}."
    })
public final class PredictCommand implements Callable<Integer> {
  @Parameters(paramLabel = "RUN_DIR", description = "A run directory, or its model folder.")
  private Path directory = Path.of("");

  @Option(names = "--text", paramLabel = "TEXT", description = "The text. May be repeated.")
  private List<String> texts = new ArrayList<>();

  @Option(
      names = "--question",
      paramLabel = "TEXT",
      description = "The question about each text, for a question-answering model.")
  private @Nullable String question;

  @Option(
      names = "--top",
      paramLabel = "N",
      description =
          "Number of most likely labels or answers per text. Default: 1; with --json all labels.")
  private @Nullable Integer top;

  @Option(names = "--json", description = "Reads and prints one JSON object per line.")
  private boolean json;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (top != null && top < 1) {
      throw new InvalidSettings("--top " + top + " must be 1 or greater.");
    }
    Path folder = ModelFolder.within(directory);
    ModelFolder.Config config = TrainedModel.config(folder, classpath);
    boolean needsQuestion = answersQuestions(config);
    checkQuestion(folder, needsQuestion);
    Console console = Consoles.of(spec);
    TrainedModel.warnIfChanged(directory, config.classpath(), console);
    try (PredictionFormatter formatter =
        needsQuestion ? answers(folder, config) : outputs(folder, config, console)) {
      if (texts.isEmpty()) {
        PredictLines lines =
            new PredictLines(
                PredictLines.decoded(System.in),
                json,
                needsQuestion,
                config.data().features(),
                question);
        lines.read(requests -> formatter.format(requests).forEach(console::print));
      } else {
        List<PredictRequest> requests =
            texts.stream().map(text -> new PredictRequest(text, question, null)).toList();
        requests.forEach(request -> request.check("--text", config.data().features()));
        formatter.format(requests).forEach(console::print);
      }
      formatter.remarks().forEach(console::log);
    }
    return ExitCode.SUCCESS;
  }

  /**
   * Returns whether the model extracts answers from texts: it has neither labels nor next tokens.
   */
  private static boolean answersQuestions(ModelFolder.Config config) {
    return config.model() instanceof BertConfig bert
        && bert.task() == BertConfig.Task.QUESTION_ANSWERING;
  }

  private void checkQuestion(Path folder, boolean needsQuestion) {
    if (needsQuestion) {
      if (question == null && !(json && texts.isEmpty())) {
        throw new InvalidSettings(
            ("The model in %s answers questions; give --question, or --json and the questions"
                    + " as JSON lines.")
                .formatted(folder));
      }
    } else if (question != null) {
      throw new InvalidSettings(
          ("The model in %s does not answer questions; --question requires a model trained"
                  + " on data of type question-answering.")
              .formatted(folder));
    }
  }

  private PredictionFormatter answers(Path folder, ModelFolder.Config config) throws IOException {
    BaseModel model = ModelFolder.load(folder, config, Device.cpu(), HubDownload::find);
    QuestionPredictor predictor =
        new QuestionPredictor(
            model,
            TrainedModel.tokenizer(folder, config),
            config.data().effectiveMaxLength(config.model().maxLength()),
            config.prediction() instanceof AnswerExtraction settings
                ? settings
                : AnswerExtraction.bertDefaults());
    return new AnswerFormatter(model, predictor, json, top);
  }

  private PredictionFormatter outputs(Path folder, ModelFolder.Config config, Console console)
      throws IOException {
    DataSpec data = config.data();
    int maxLength = data.effectiveMaxLength(config.model().maxLength());
    BaseModel model = ModelFolder.load(folder, config, Device.cpu(), HubDownload::find);
    OutputActivation output = config.output();
    if (output == null) {
      output = model.outputActivation().orElse(null);
    }
    if (output == null && !(model instanceof DecoderSession.Model)) {
      output = data.labels().isEmpty() ? OutputActivation.IDENTITY : OutputActivation.SOFTMAX;
      console.log(
          "The loss of the model does not declare how outputs become predictions; printing "
              + (data.labels().isEmpty() ? "the outputs." : "their softmax."));
    }
    if (data.labels().isEmpty()
        && data.features() == 0
        && (output == null || output == OutputActivation.SOFTMAX)) {
      model.close();
      throw new InvalidSettings(
          "The model in " + folder + " has no labels; use generate for a language model.");
    }
    return new OutputFormatter(
        model,
        data.features() > 0 ? null : TrainedModel.encoder(folder, config, maxLength),
        data,
        output == null ? OutputActivation.SOFTMAX : output,
        json,
        top,
        new LongSummaryStatistics());
  }
}
