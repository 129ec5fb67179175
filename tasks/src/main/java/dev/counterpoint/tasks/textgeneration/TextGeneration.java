package dev.counterpoint.tasks.textgeneration;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.EvaluationSource;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.data.source.Samples;
import dev.counterpoint.core.metric.Perplexity;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.tasks.internal.cache.MemoryMappedTokens;
import dev.counterpoint.tasks.table.Documents;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import dev.counterpoint.tasks.tokenizer.UnknownTokens;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Data source for causal language modeling: a {@code .txt} file, or a table with one document per
 * row, each also with {@code .gz}. The token ids of all documents form one memory-mapped sequence,
 * which is cut into examples without padding. The text can be of any size.
 *
 * @param validation the validation text; null to use the end of the training text
 * @param validationShare the fraction of the training text used for validation, if there is no
 *     validation text
 * @param text the text column of a table; null to detect it
 * @param tokenizer the tokenizer settings; null for the tokenizer of the pretrained model or,
 *     without one, for single characters
 * @param maxLength the number of tokens of an example; null for the model's maximum
 */
public record TextGeneration(
    FileSplit train,
    @Nullable FileSplit validation,
    double validationShare,
    @Nullable String text,
    @Nullable TokenizerSettings tokenizer,
    @Nullable Integer maxLength)
    implements EvaluationSource {
  private static final int DEFAULT_LENGTH = 256;

  public TextGeneration {
    boolean wordTokens =
        tokenizer != null
            && tokenizer.path() == null
            && tokenizer.type() == TokenizerSettings.Type.WORD;
    new Checks()
        .below("validationShare", validationShare, 0, 1)
        .positive("maxLength", maxLength)
        .that(
            !wordTokens,
            "tokenizer.type",
            "word",
            "discards white space; use character, or set tokenizer.path")
        .verify();
  }

  /**
   * Defaults of a run file: 10 % of the training text for validation; {@code train} must be set.
   */
  public static TextGeneration defaults() {
    return RecordCopy.of(TextGeneration.class, Map.of("validationShare", 0.1));
  }

  @Override
  public DataSplits open(DataContext context) throws IOException {
    TokenFiles.Opened files = tokenFiles(context).open(context.cache());
    int length = files.tokenizer().limit(length(context));
    long validationTokens = validationTokens(files.content());
    requireText(name(train), files.content().tokenCount(DataSplits.TRAIN) - validationTokens);
    if (validation != null) {
      requireText(name(validation), files.content().tokenCount(DataSplits.VALIDATION));
    }
    return splits(files, splits(files, length, validationTokens), length, validationTokens);
  }

  @Override
  public DataSplits openFile(String path, DataSpec trained, DataContext context)
      throws IOException {
    Documents documents = documents(new FileSplit(path), context);
    TokenFiles.Opened files =
        new TokenFiles(
                Map.of(SPLIT, documents),
                settings(),
                TokenizerFolder.open(Objects.requireNonNull(context.tokenizer())))
            .open(context.cache());
    long tokens = files.content().tokenCount(SPLIT);
    requireText(path, tokens);
    int length = files.tokenizer().limit(length(context));
    PackedText text = new PackedText(files.ids(SPLIT), 0, tokens, length);
    return splits(files, Map.of(SPLIT, text), length, 0);
  }

  private static String name(FileSplit split) {
    return split.sql() == null ? split.file() : split.sql().name();
  }

  private static void requireText(String path, long tokens) {
    if (tokens < 2) {
      throw new InvalidSettings(
          path + " is empty or too short; language modeling needs a text of at least 2 tokens.");
    }
  }

  private static DataSplits splits(
      TokenFiles.Opened files, Map<String, Dataset> splits, int length, long validationTokens)
      throws IOException {
    TokenFiles.Content content = files.content();
    Tokenizer used = files.tokenizer();
    int[] bytes = used.byteLengths();
    List<String> notes = notes(content, splits);
    notes.addAll(files.notes());
    return new DataSplits(
        used.spec(List.of()).predicting(DataSpec.Target.NEXT_TOKEN),
        splits,
        List.of(() -> new Perplexity(bytes)),
        content.fingerprint(length, validationTokens),
        used.filesForGeneration(length),
        notes,
        samples(used, splits.get(DataSplits.VALIDATION), length),
        null);
  }

  private static Samples samples(Tokenizer used, @Nullable Dataset validation, int length) {
    return validation == null || validation.size() == 0
        ? Samples.none()
        : new GeneratedSamples(used, validation, length);
  }

  private int length(DataContext context) {
    int length = context.length(maxLength);
    return length == Integer.MAX_VALUE ? DEFAULT_LENGTH : length;
  }

  private TokenFiles tokenFiles(DataContext context) throws IOException {
    Map<String, Documents> documents = new LinkedHashMap<>();
    documents.put(DataSplits.TRAIN, documents(train, context));
    if (validation != null) {
      documents.put(DataSplits.VALIDATION, documents(validation, context));
    }
    return new TokenFiles(documents, settings(), TokenizerFolder.find(settings(), context));
  }

  private TokenizerSettings settings() {
    return tokenizer == null
        ? new TokenizerSettings(TokenizerSettings.Type.CHARACTER, null, 30_000, 1, false)
        : tokenizer;
  }

  private Documents documents(FileSplit split, DataContext context) throws IOException {
    return new Documents(TableSource.open(split, context), text).requireReadable();
  }

  /** Number of tokens at the end of the training text that are used for validation. */
  private long validationTokens(TokenFiles.Content content) {
    return validation == null ? (long) (content.tokenCount(DataSplits.TRAIN) * validationShare) : 0;
  }

  private Map<String, Dataset> splits(TokenFiles.Opened files, int length, long validationTokens)
      throws IOException {
    long tokens = files.content().tokenCount(DataSplits.TRAIN);
    MemoryMappedTokens train = files.ids(DataSplits.TRAIN);
    Map<String, Dataset> splits = new LinkedHashMap<>();
    splits.put(DataSplits.TRAIN, new PackedText(train, 0, tokens - validationTokens, length));
    if (validation != null) {
      long count = files.content().tokenCount(DataSplits.VALIDATION);
      splits.put(
          DataSplits.VALIDATION,
          new PackedText(files.ids(DataSplits.VALIDATION), 0, count, length));
    } else if (validationTokens > 1) {
      splits.put(
          DataSplits.VALIDATION, new PackedText(train, tokens - validationTokens, tokens, length));
    }
    return splits;
  }

  private static List<String> notes(TokenFiles.Content content, Map<String, Dataset> splits) {
    List<String> notes = new ArrayList<>();
    content
        .splits()
        .forEach(
            (name, split) -> {
              notes.add(note(name + " text", split.tokens(), "token"));
              UnknownTokens.note(name, split.unknown(), split.tokens()).ifPresent(notes::add);
              if (!split.columns().isEmpty()) {
                notes.add(name + ": " + split.columns());
              }
            });
    splits.forEach((name, split) -> notes.add(note(name, split.size(), "example")));
    notes.add(note("vocabulary", content.vocabularySize(), "token"));
    return notes;
  }

  private static String note(String name, long count, String unit) {
    return Formats.of("%s: %,d %s", name, count, count == 1 ? unit : unit + "s");
  }
}
