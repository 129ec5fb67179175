package dev.counterpoint.tasks.tokenizer;

import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.FolderListing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tokenizer of a pretrained model: a {@code tokenizer.json}, or the older formats {@code
 * vocab.txt} (BERT) and {@code vocab.json} with {@code merges.txt} (GPT-2, RoBERTa), and the files
 * beside it that change token ids.
 */
public final class TokenizerFolder {
  private static final List<String> FILES =
      List.of(
          Tokenizer.JSON,
          TokenizerFiles.VOCAB_TXT,
          TokenizerFiles.VOCAB_JSON,
          TokenizerFiles.MERGES_TXT,
          TokenizerFiles.ADDED_TOKENS,
          TokenizerFiles.MODEL_CONFIG,
          Tokenizer.CONFIG,
          Tokenizer.SPECIAL_TOKENS,
          Tokenizer.GENERATION);

  private TokenizerFolder() {}

  /** Whether a folder contains a tokenizer. */
  public static boolean isIn(Path folder) {
    return has(folder, Tokenizer.JSON)
        || has(folder, TokenizerFiles.VOCAB_TXT)
        || (has(folder, TokenizerFiles.VOCAB_JSON) && has(folder, TokenizerFiles.MERGES_TXT));
  }

  /**
   * Opens a tokenizer.
   *
   * @param path a {@code tokenizer.json}, which is used without other files, or a folder
   * @throws InvalidSettings if there is no tokenizer, or if it is invalid or not supported
   */
  public static Tokenizer open(Path path) throws IOException {
    if (Files.isRegularFile(path)) {
      return Tokenizer.of(Files.readAllBytes(path), path.toString());
    }
    if (!isIn(path)) {
      throw missing(path);
    }
    FolderChecksums.verifySmall(path);
    Map<String, byte[]> contents = new HashMap<>();
    for (String file : FILES) {
      if (has(path, file)) {
        contents.put(file, Files.readAllBytes(path.resolve(file)));
      }
    }
    return new TokenizerFiles(path.toString(), false, contents).tokenizer();
  }

  /**
   * Opens the configured tokenizer, otherwise the model's previous tokenizer; null if a tokenizer
   * must be built.
   *
   * @throws InvalidSettings if the configured path has no tokenizer
   */
  public static @Nullable Tokenizer find(TokenizerSettings settings, DataContext context)
      throws IOException {
    Path path =
        settings.path() == null ? context.tokenizer() : context.files().apply(settings.path());
    return path == null ? null : open(path);
  }

  private static InvalidSettings missing(Path path) {
    FileAccess.requireAccess(path);
    return new InvalidSettings(
        "The tokenizer %s%s",
        path,
        Files.isDirectory(path)
            ? " is a folder without tokenizer.json, vocab.txt, or vocab.json with merges.txt."
                + " Set data.tokenizer.path to the tokenizer of the model. "
                + FolderListing.within(path)
            : " is not a file. " + FolderListing.of(path));
  }

  /** Builds a tokenizer with the vocabulary of the given texts. */
  public static Tokenizer build(TokenizerSettings settings, List<String> texts) throws IOException {
    VocabularyBuilder vocabulary = new VocabularyBuilder(settings);
    texts.forEach(vocabulary::add);
    return vocabulary.tokenizer();
  }

  private static boolean has(Path folder, String file) {
    return Files.isRegularFile(folder.resolve(file));
  }
}
