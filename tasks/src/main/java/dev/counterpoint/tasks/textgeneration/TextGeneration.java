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
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.cache.MemoryMappedTokens;
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
import org.jspecify.annotations.Nullable;

/**
 * Text of any size whose next token is to be told: a {@code .txt} file, or a table with a document
 * a row, each also with {@code .gz}. The ids of all documents are one row of tokens in a file that
 * is mapped into memory, cut into items without padding.
 *
 * @param validation null for the end of the training text
 * @param validationShare the part of the training text that is kept for validation, where that has
 *     no text of its own
 * @param text the column of a table; null to find it by its name
 * @param tokenizer null for single characters, or for the tokenizer of the model that is begun from
 * @param maxLength tokens of an item; null for what the model takes
 */
public record TextGeneration(
    FileSplit train,
    @Nullable FileSplit validation,
    double validationShare,
    @Nullable String text,
    @Nullable TokenizerSettings tokenizer,
    @Nullable Integer maxLength)
    implements EvaluationSource {
  private static final int USUAL_LENGTH = 256;

  public TextGeneration {
    Checks checks = new Checks().below("validationShare", validationShare, 0, 1);
    if (maxLength != null) {
      checks.positive("maxLength", maxLength);
    }
    boolean words =
        tokenizer != null
            && tokenizer.path() == null
            && tokenizer.type() == TokenizerSettings.Type.WORD;
    checks.that(
        !words,
        "tokenizer.type",
        "word",
        "loses the spaces; it must be character here, or tokenizer.path be given");
    checks.verify();
  }

  /** A tenth for validation; {@code train} must be given. */
  @SuppressWarnings("NullAway") // The binder asks for what is null here.
  public static TextGeneration defaults() {
    return new TextGeneration(null, null, 0.1, null, null, null);
  }

  @Override
  public DataSplits open(DataContext context) throws IOException {
    TokenFiles.Opened files = tokenFiles(context).open(context.cache());
    int length = length(context);
    long kept = kept(files.content());
    requireText(train.path(), files.content().count(DataSplits.TRAIN) - kept);
    if (validation != null) {
      requireText(validation.path(), files.content().count(DataSplits.VALIDATION));
    }
    return splits(files, splits(files, length, kept), length, kept);
  }

  @Override
  public DataSplits heldOut(String path, DataSpec trained, DataContext context) throws IOException {
    Documents documents = documents(new FileSplit(path), context);
    TokenFiles.Opened files =
        new TokenFiles(Map.of(SPLIT, documents), settings(), context.tokenizer())
            .open(context.cache());
    long tokens = files.content().count(SPLIT);
    requireText(path, tokens);
    int length = length(context);
    PackedText text = new PackedText(files.ids(SPLIT), 0, tokens, length);
    return splits(files, Map.of(SPLIT, text), length, 0);
  }

  private static void requireText(String path, long tokens) {
    if (tokens < 2) {
      throw new InvalidSettings(
          path
              + " is empty, or too short: a text of two tokens at least is needed to tell one from"
              + " the other.");
    }
  }

  private static DataSplits splits(
      TokenFiles.Opened files, Map<String, Dataset> splits, int length, long kept)
      throws IOException {
    TokenFiles.Content content = files.content();
    byte[] json = files.tokenizerJson();
    return new DataSplits(
        DataSpec.ofText(content.vocabularySize(), content.paddingId(), List.of()),
        splits,
        List.of(Perplexity::new),
        content.fingerprint(length, kept),
        Map.of("tokenizer.json", file -> Files.write(file, json)),
        notes(content, splits),
        samples(json, splits.get(DataSplits.VALIDATION), content.paddingId(), length),
        null);
  }

  private static Samples samples(
      byte[] json, @Nullable Dataset validation, int paddingId, int length) {
    return validation == null || validation.size() == 0
        ? Samples.none()
        : new GeneratedSamples(json, validation, paddingId, length);
  }

  private int length(DataContext context) {
    int most = maxLength == null ? context.maxLength() : maxLength;
    int length = Math.min(most, context.maxLength());
    return length == Integer.MAX_VALUE ? USUAL_LENGTH : length;
  }

  private TokenFiles tokenFiles(DataContext context) {
    Map<String, Documents> documents = new LinkedHashMap<>();
    documents.put(DataSplits.TRAIN, documents(train, context));
    if (validation != null) {
      documents.put(DataSplits.VALIDATION, documents(validation, context));
    }
    return new TokenFiles(documents, settings(), TokenizerFolder.given(settings(), context));
  }

  private TokenizerSettings settings() {
    return tokenizer == null
        ? new TokenizerSettings(TokenizerSettings.Type.CHARACTER, null, 30_000, 1, false)
        : tokenizer;
  }

  private Documents documents(FileSplit split, DataContext context) {
    Path path = context.files().apply(split.path());
    Documents documents = Documents.of(path, text);
    String problem = documents.problem();
    if (problem != null) {
      throw new InvalidSettings(problem);
    }
    return documents;
  }

  /** Tokens at the end of the training text that are for validation. */
  private long kept(TokenFiles.Content content) {
    return validation == null ? (long) (content.count(DataSplits.TRAIN) * validationShare) : 0;
  }

  private Map<String, Dataset> splits(TokenFiles.Opened files, int length, long kept)
      throws IOException {
    long tokens = files.content().count(DataSplits.TRAIN);
    MemoryMappedTokens train = files.ids(DataSplits.TRAIN);
    Map<String, Dataset> splits = new LinkedHashMap<>();
    splits.put(DataSplits.TRAIN, new PackedText(train, 0, tokens - kept, length));
    if (validation != null) {
      long more = files.content().count(DataSplits.VALIDATION);
      splits.put(
          DataSplits.VALIDATION, new PackedText(files.ids(DataSplits.VALIDATION), 0, more, length));
    } else if (kept > 1) {
      splits.put(DataSplits.VALIDATION, new PackedText(train, tokens - kept, tokens, length));
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
    splits.forEach((name, split) -> notes.add(note(name, split.size(), "item")));
    notes.add(note("vocabulary", content.vocabularySize(), "token"));
    return notes;
  }

  private static String note(String name, long count, String one) {
    return String.format(Locale.ROOT, "%s: %,d %s", name, count, count == 1 ? one : one + "s");
  }
}
