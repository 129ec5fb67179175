package dev.counterpoint.runner.cli;

import ai.djl.Device;
import dev.counterpoint.core.data.question.QuestionPredictor;
import dev.counterpoint.core.data.text.PublishedTokenizer;
import dev.counterpoint.core.data.text.TextEncoder;
import dev.counterpoint.core.data.text.TextPredictor;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.models.bert.BertConfig;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.Figures;
import dev.counterpoint.runner.rundir.ModelFolder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
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

/** {@code counterpoint predict}: the label of each text, its probability, and the text. */
@Command(
    name = "predict",
    description = {
      "Tells the label of texts: each given by --text, or each line of standard input.",
      "Prints label, probability and text, separated by tabs. With --question: the likeliest"
          + " answers from each text, with probability and place (in characters from 0)."
    })
final class PredictCommand implements Callable<Integer> {
  private static final int BATCH = 32;

  @Parameters(paramLabel = "RUN_DIR", description = "A run directory, or its model folder.")
  private Path directory = Path.of("");

  @Option(names = "--text", paramLabel = "TEXT", description = "A text. May be repeated.")
  private List<String> texts = new ArrayList<>();

  @Option(
      names = "--question",
      paramLabel = "TEXT",
      description = "What a model for question-answering is asked about each --text.")
  private @Nullable String question;

  @Option(
      names = "--best",
      paramLabel = "N",
      description = "How many answers a question is given: 3.")
  private int best = 3;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Path folder = ModelFolder.within(directory);
    ModelFolder.Config config = TrainedModel.config(folder, classpath.paths());
    if (question != null) {
      answer(question, folder, config);
      return ExitCode.DONE;
    }
    if (config.data().labels().isEmpty()) {
      throw new InvalidSettings(
          "The model in "
              + folder
              + " tells no labels: "
              + (answersQuestions(config)
                  ? "ask it with --question."
                  : "use generate for a language model."));
    }
    try (TextEncoder encoder = TrainedModel.encoder(folder, config.model().maxLength());
        BaseModel model = ModelFolder.load(folder, config, Device.cpu())) {
      TextPredictor predictor = new TextPredictor(model, encoder, config.data().labels());
      tell(predictor, Consoles.of(spec));
    }
    return ExitCode.DONE;
  }

  /** It points at places in a text, so it has no labels and no next tokens. */
  private static boolean answersQuestions(ModelFolder.Config config) {
    return config.model() instanceof BertConfig bert
        && bert.task() == BertConfig.Task.QUESTION_ANSWERING;
  }

  private void answer(String asked, Path folder, ModelFolder.Config config) throws IOException {
    if (!answersQuestions(config)) {
      throw new InvalidSettings(
          "The model in "
              + folder
              + " answers no questions; that does one trained on data of the type"
              + " question-answering.");
    }
    if (texts.isEmpty()) {
      throw new InvalidSettings("A --question needs a --text that the answer stands in.");
    }
    Console console = Consoles.of(spec);
    int maxLength = config.model().maxLength();
    byte[] tokenizer = PublishedTokenizer.json(folder);
    int padding = config.data().paddingId();
    try (BaseModel model = ModelFolder.load(folder, config, Device.cpu());
        QuestionPredictor predictor = new QuestionPredictor(model, tokenizer, padding, maxLength)) {
      for (String text : texts) {
        predictor.answer(asked, text, best).forEach(answer -> console.print(line(answer)));
      }
    }
  }

  private static String line(QuestionPredictor.Answer answer) {
    String place = answer.start() < 0 ? "-" : answer.start() + "-" + answer.end();
    String text = answer.start() < 0 ? "(no answer)" : answer.text();
    return text + "\t" + Figures.number(answer.probability()) + "\t" + place;
  }

  /** Given texts at once; lines as they come, as many together as are there. */
  private void tell(TextPredictor predictor, Console console) throws IOException {
    if (!texts.isEmpty()) {
      show(predictor, texts, console);
      return;
    }
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    List<String> waiting = new ArrayList<>();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      waiting.add(line);
      if (waiting.size() == BATCH || !lines.ready()) {
        show(predictor, waiting, console);
        waiting.clear();
      }
    }
    if (!waiting.isEmpty()) {
      show(predictor, waiting, console);
    }
  }

  private static void show(TextPredictor predictor, List<String> texts, Console console) {
    List<TextPredictor.Prediction> predictions = predictor.predict(texts);
    for (int i = 0; i < texts.size(); i++) {
      TextPredictor.Prediction prediction = predictions.get(i);
      console.print(
          prediction.label()
              + "\t"
              + Figures.number(prediction.probability())
              + "\t"
              + texts.get(i));
    }
  }
}
