package dev.counterpoint.tasks.questionanswering;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.EvaluationSource;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.tasks.tokenizer.TokenizerFile;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import dev.counterpoint.tasks.tokenizer.UnknownTokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Questions whose answer is a part of a text, from SQuAD's JSON, version 1.1 or 2. A text that is
 * too long for the model is cut into windows that overlap; an item is a window.
 *
 * @param test a split that training never looks at
 * @param tokenizer null for words of the training text, or for the tokenizer of the model that is
 *     begun from
 * @param maxLength the most tokens of a window, the question's among them; null for 384, or what
 *     the model takes if that is less
 * @param stride tokens of the text that a window has in common with the one before
 * @param maxAnswer the most tokens of an answer that is given
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
  private static final int USUAL_LENGTH = 384;
  private static final int SHORTEST = 32;
  private static final String TEST = "test";

  public QuestionAnswering {
    Checks checks = new Checks().notNegative("stride", stride).positive("maxAnswer", maxAnswer);
    if (maxLength != null) {
      checks.that(
          maxLength >= SHORTEST, "maxLength", maxLength, "must be " + SHORTEST + " or greater");
    }
    checks.verify();
  }

  /** As BERT's own script has it; {@code train} must be given. */
  @SuppressWarnings("NullAway") // The binder asks for what is null here.
  public static QuestionAnswering defaults() {
    return new QuestionAnswering(null, null, null, null, null, 128, 30);
  }

  @Override
  public DataSplits open(DataContext context) throws IOException {
    Map<String, List<Question>> questions = read(files(context));
    byte[] json = tokenizerJson(questions.get(DataSplits.TRAIN), context);
    return splits(files(context), questions, json, context);
  }

  @Override
  public DataSplits heldOut(String path, DataSpec trained, DataContext context) throws IOException {
    Map<String, Path> file = Map.of(SPLIT, context.files().apply(path));
    byte[] json = TokenizerFolder.json(Objects.requireNonNull(context.tokenizer()));
    return splits(file, read(file), json, context);
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
      byte[] json,
      DataContext context)
      throws IOException {
    TokenizerFile vocabulary = TokenizerFile.read(json, "The tokenizer");
    QuestionSet set = new QuestionSet(vocabulary.paddingId());
    QuestionHash hash = new QuestionHash(json);
    Map<String, Dataset> splits = new LinkedHashMap<>();
    List<String> unknown = new ArrayList<>();
    try (Windows windows = new Windows(json, length(context), stride)) {
      files.forEach(
          (name, file) -> {
            List<Question> asked = questions.getOrDefault(name, List.of());
            QuestionSet.Split split = set.add(file, asked, windows);
            hash.add(name, asked, split.windows());
            splits.put(name, split);
            UnknownTokens.note(
                    name, split.tokens(vocabulary::isUnknown), split.tokens(token -> true))
                .ifPresent(unknown::add);
          });
    }
    AnswerExtraction answering = new AnswerExtraction(stride, maxAnswer, set.someUnanswerable());
    return new DataSplits(
        DataSpec.ofText(vocabulary.vocabularySize(), vocabulary.paddingId(), List.of())
            .cutAt(length(context)),
        splits,
        List.of(() -> new SquadMetric(set, SpanSearch.of(maxAnswer))),
        hash.fingerprint(),
        Map.of("tokenizer.json", file -> Files.write(file, json)),
        notes(questions, splits, unknown),
        new AnsweredSamples(
            json,
            questions.getOrDefault(DataSplits.VALIDATION, List.of()),
            vocabulary.paddingId(),
            length(context),
            answering),
        answering);
  }

  private Map<String, Path> files(DataContext context) {
    Map<String, Path> files = new LinkedHashMap<>();
    files.put(DataSplits.TRAIN, context.files().apply(train.path()));
    if (validation != null) {
      files.put(DataSplits.VALIDATION, context.files().apply(validation.path()));
    }
    if (test != null) {
      files.put(TEST, context.files().apply(test.path()));
    }
    return files;
  }

  private byte[] tokenizerJson(@Nullable List<Question> training, DataContext context)
      throws IOException {
    TokenizerSettings settings =
        tokenizer == null
            ? new TokenizerSettings(TokenizerSettings.Type.WORD, null, 30_000, 2, true, true)
            : tokenizer;
    Path given = TokenizerFolder.given(settings, context);
    if (given != null) {
      return TokenizerFolder.json(given);
    }
    List<String> texts = new ArrayList<>();
    String before = "";
    for (Question question : training == null ? List.<Question>of() : training) {
      texts.add(question.text());
      if (!question.context().equals(before)) {
        texts.add(question.context());
      }
      before = question.context();
    }
    return TokenizerFolder.build(settings, texts);
  }

  private int length(DataContext context) {
    int most = maxLength == null ? USUAL_LENGTH : maxLength;
    int length = Math.min(most, context.maxLength());
    new Checks()
        .that(length >= SHORTEST, "maxLength", length, "must be " + SHORTEST + " or greater")
        .that(
            stride <= length / 2,
            "stride",
            stride,
            "must be at most half of maxLength, which is " + length)
        .verify();
    return length;
  }

  private static List<String> notes(
      Map<String, List<Question>> questions, Map<String, Dataset> splits, List<String> more) {
    List<String> notes = new ArrayList<>();
    questions.forEach(
        (name, asked) ->
            notes.add(
                String.format(
                    Locale.ROOT,
                    "%s: %s, %,d of them without an answer, in %s",
                    name,
                    count(asked.size(), "question"),
                    asked.stream().filter(question -> question.answers().isEmpty()).count(),
                    count(splits.containsKey(name) ? splits.get(name).size() : 0, "window"))));
    notes.addAll(more);
    return notes;
  }

  private static String count(long number, String what) {
    return String.format(Locale.ROOT, number == 1 ? "%,d %s" : "%,d %ss", number, what);
  }
}
