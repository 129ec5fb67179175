package dev.counterpoint.runner.cli;

import ai.djl.Device;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.models.bert.BertConfig;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.HubDownload;
import dev.counterpoint.tasks.questionanswering.AnswerExtraction;
import dev.counterpoint.tasks.questionanswering.QuestionPredictor;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterpoint predict}: the labels of texts, or the answers to questions about them. */
@Command(
    name = "predict",
    description = {
      "Tells the label of texts: each given by --text, or each line of standard input.",
      "Prints label, probability and text, separated by tabs. With --question: the likeliest"
          + " answer from each text, with probability and place (in characters from 0).",
      "With --json each answer is a JSON object on a line, and so is each line of standard input:"
          + " {\"text\": ...}, or {\"question\": ..., \"context\": ...}."
    })
final class PredictCommand implements Callable<Integer> {
  @Parameters(paramLabel = "RUN_DIR", description = "A run directory, or its model folder.")
  private Path directory = Path.of("");

  @Option(names = "--text", paramLabel = "TEXT", description = "A text. May be repeated.")
  private List<String> texts = new ArrayList<>();

  @Option(
      names = "--question",
      paramLabel = "TEXT",
      description = "What a model for question-answering is asked about each text.")
  private @Nullable String question;

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "The N likeliest labels, or answers, of each: 1, and in JSON all labels.")
  private @Nullable Integer top;

  @Option(names = "--json", description = "Reads and prints a JSON object a line.")
  private boolean json;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (top != null && top < 1) {
      throw new InvalidSettings("--top " + top + " must be 1 or greater.");
    }
    Path folder = ModelFolder.within(directory);
    ModelFolder.Config config = TrainedModel.config(folder, classpath.paths());
    boolean asksQuestions = answersQuestions(config);
    check(folder, config, asksQuestions);
    Console console = Consoles.of(spec);
    TrainedModel.tellChanges(directory, config.classpath(), console);
    try (PredictionFormatter teller =
        asksQuestions ? answers(folder, config) : labels(folder, config)) {
      if (texts.isEmpty()) {
        PredictLines lines =
            new PredictLines(PredictLines.decoded(System.in), json, asksQuestions, question);
        lines.read(requests -> teller.tell(requests).forEach(console::print));
      } else {
        List<PredictRequest> requests =
            texts.stream().map(text -> new PredictRequest(text, question, null)).toList();
        teller.tell(requests).forEach(console::print);
      }
      teller.remarks().forEach(console::say);
    }
    return ExitCode.DONE;
  }

  /** It points at places in a text, so it has no labels and no next tokens. */
  private static boolean answersQuestions(ModelFolder.Config config) {
    return config.model() instanceof BertConfig bert
        && bert.task() == BertConfig.Task.QUESTION_ANSWERING;
  }

  private void check(Path folder, ModelFolder.Config config, boolean asksQuestions) {
    if (asksQuestions) {
      if (question == null && !(json && texts.isEmpty())) {
        throw new InvalidSettings(
            "The model in "
                + folder
                + " answers questions: ask it with --question, or in JSON lines with --json.");
      }
    } else if (question != null) {
      throw new InvalidSettings(
          "The model in "
              + folder
              + " answers no questions; that does one trained on data of the type"
              + " question-answering.");
    } else if (config.data().labels().isEmpty()) {
      throw new InvalidSettings(
          "The model in " + folder + " tells no labels: use generate for a language model.");
    }
  }

  private PredictionFormatter answers(Path folder, ModelFolder.Config config) throws IOException {
    BaseModel model = ModelFolder.load(folder, config, Device.cpu(), HubDownload::find);
    QuestionPredictor predictor =
        new QuestionPredictor(
            model,
            TokenizerFolder.json(folder),
            config.data().paddingId(),
            config.data().effectiveMaxLength(config.model().maxLength()),
            config.prediction() instanceof AnswerExtraction settings
                ? settings
                : AnswerExtraction.bertDefaults());
    return new AnswerFormatter(model, predictor, json, top);
  }

  private PredictionFormatter labels(Path folder, ModelFolder.Config config) throws IOException {
    int maxLength = config.data().effectiveMaxLength(config.model().maxLength());
    TextEncoder encoder = TrainedModel.encoder(folder, maxLength);
    BaseModel model = ModelFolder.load(folder, config, Device.cpu(), HubDownload::find);
    return new LabelFormatter(model, encoder, config.data().labels(), json, top);
  }
}
