package dev.counterpoint.tasks.questionanswering;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.EvaluationSource;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import dev.counterpoint.tasks.tokenizer.UnknownTokens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Data source for extractive question answering: SQuAD files of version 1.1 or 2.0. A context that
 * is too long for the model is split into overlapping windows; each window is one example.
 *
 * @param test a split that is not used during training
 * @param tokenizer the tokenizer settings; null for the tokenizer of the pretrained model or,
 *     without one, for the words of the training text
 * @param maxLength the maximum number of tokens of a window, including the question; null for 384
 *     or the model's maximum, whichever is smaller
 * @param stride the number of context tokens shared by consecutive windows
 * @param maxAnswer the maximum number of tokens of a predicted answer
 */
public record QuestionAnswering(
    FileSplit train,
    @Nullable FileSplit validation,
    @Nullable FileSplit test,
    @Nullable TokenizerSettings tokenizer,
    @Nullable Integer maxLength,
    int stride,
    int maxAnswer)
    implements EvaluationSource {
  private static final int DEFAULT_LENGTH = 384;
  private static final int MIN_LENGTH = 32;

  public QuestionAnswering {
    new Checks()
        .notNegative("stride", stride)
        .positive("maxAnswer", maxAnswer)
        .atLeast("maxLength", maxLength, MIN_LENGTH)
        .verify();
  }

  /** Defaults of a run file, as in BERT's {@code run_squad.py}; {@code train} must be set. */
  public static QuestionAnswering defaults() {
    return RecordCopy.of(QuestionAnswering.class, Map.of("stride", 128, "maxAnswer", 30));
  }

  @Override
  public DataSplits open(DataContext context) throws IOException {
    Map<String, List<Question>> questions = read(files(context));
    Tokenizer used = tokenizer(questions.get(DataSplits.TRAIN), context);
    return splits(files(context), questions, used, context);
  }

  @Override
  public DataSplits openFile(String path, DataSpec trained, DataContext context)
      throws IOException {
    Map<String, Path> file = Map.of(SPLIT, context.files().apply(path));
    Tokenizer used = TokenizerFolder.open(Objects.requireNonNull(context.tokenizer()));
    return splits(file, read(file), used, context);
  }

  private static Map<String, List<Question>> read(Map<String, Path> files) throws IOException {
    Map<String, List<Question>> questions = new LinkedHashMap<>();
    for (Map.Entry<String, Path> file : files.entrySet()) {
      questions.put(file.getKey(), SquadFile.read(file.getValue()));
    }
    return questions;
  }

  private DataSplits splits(
      Map<String, Path> files,
      Map<String, List<Question>> questions,
      Tokenizer used,
      DataContext context)
      throws IOException {
    int length = used.limit(length(context));
    QuestionSet set = new QuestionSet(used.special().padding());
    QuestionHash hash = new QuestionHash(used.json());
    Map<String, Dataset> splits = new LinkedHashMap<>();
    List<String> furtherNotes = new ArrayList<>(used.notes());
    try (Windows windows = new Windows(used, length, stride)) {
      files.forEach(
          (name, file) -> {
            List<Question> splitQuestions = questions.getOrDefault(name, List.of());
            QuestionSet.Split split = set.add(file, splitQuestions, windows);
            hash.add(name, splitQuestions, split.windows());
            splits.put(name, split);
            UnknownTokens.note(
                    name, split.countTokens(used::isUnknown), split.countTokens(token -> true))
                .ifPresent(furtherNotes::add);
          });
    }
    boolean noneAllowed =
        context.prediction() instanceof AnswerExtraction model
            ? model.noneAllowed()
            : set.hasUnanswerable();
    AnswerExtraction extraction = new AnswerExtraction(stride, maxAnswer, noneAllowed);
    return new DataSplits(
        used.spec(List.of()).predicting(DataSpec.Target.SPAN).withMaxLength(length),
        splits,
        List.of(() -> new SquadMetric(set, SpanSearch.of(maxAnswer), noneAllowed)),
        hash.fingerprint(),
        used.files(length),
        notes(questions, splits, furtherNotes),
        new AnsweredSamples(
            used, questions.getOrDefault(DataSplits.VALIDATION, List.of()), length, extraction),
        extraction);
  }

  private Map<String, Path> files(DataContext context) {
    Map<String, Path> files = new LinkedHashMap<>();
    DataSplits.named(train, validation, test)
        .forEach((name, split) -> files.put(name, context.files().apply(split.file())));
    return files;
  }

  private Tokenizer tokenizer(@Nullable List<Question> training, DataContext context)
      throws IOException {
    TokenizerSettings settings =
        tokenizer == null
            ? new TokenizerSettings(TokenizerSettings.Type.WORD, null, 30_000, 2, true, true)
            : tokenizer;
    Tokenizer existing = TokenizerFolder.find(settings, context);
    if (existing != null) {
      return existing;
    }
    List<String> texts = new ArrayList<>();
    String previous = "";
    for (Question question : training == null ? List.<Question>of() : training) {
      texts.add(question.text());
      if (!question.context().equals(previous)) {
        texts.add(question.context());
      }
      previous = question.context();
    }
    return TokenizerFolder.build(settings, texts);
  }

  private int length(DataContext context) {
    int length = context.length(maxLength == null ? Integer.valueOf(DEFAULT_LENGTH) : maxLength);
    new Checks()
        .atLeast("maxLength", length, MIN_LENGTH)
        .that(
            stride <= length / 2,
            "stride",
            stride,
            "must be at most half of maxLength, which is " + length)
        .verify();
    return length;
  }

  private static List<String> notes(
      Map<String, List<Question>> questions,
      Map<String, Dataset> splits,
      List<String> furtherNotes) {
    List<String> notes = new ArrayList<>();
    questions.forEach(
        (name, splitQuestions) ->
            notes.add(
                Formats.of(
                    "%s: %s (%,d without an answer) in %s",
                    name,
                    count(splitQuestions.size(), "question"),
                    splitQuestions.stream()
                        .filter(question -> question.answers().isEmpty())
                        .count(),
                    count(splits.containsKey(name) ? splits.get(name).size() : 0, "window"))));
    notes.addAll(furtherNotes);
    return notes;
  }

  private static String count(long number, String unit) {
    return Formats.of("%,d %s", number, number == 1 ? unit : unit + "s");
  }
}
