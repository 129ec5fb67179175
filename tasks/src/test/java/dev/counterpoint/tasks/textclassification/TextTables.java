package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tables of texts and labels in a folder. */
final class TextTables {
  static final String TRAIN = "sentence\tlabel\ngood film\t1\nbad film\t0\ngood\t1\n";

  private final Path folder;

  /** A training split without validation, whose vocabulary contains every word. */
  TextTables(Path folder) throws IOException {
    this.folder = folder;
    write("train.tsv", TRAIN);
    write("dev.tsv", "sentence\tlabel\na good film\t1\n");
  }

  /** A training split alone, of which every word is in the vocabulary. */
  static TextClassification train(String path) {
    return words(data(split(path), null, null, null, null, null, null, null, null));
  }

  static FileSplit split(String path) {
    return new FileSplit(path);
  }

  DataSplits open(TextClassification data) throws IOException {
    return data.open(context(64));
  }

  DataContext context(int maxLength) {
    return new DataContext(folder.resolve("cache"), folder::resolve, maxLength, 17);
  }

  String path(String name) {
    return folder.resolve(name).toString();
  }

  void write(String name, String content) throws IOException {
    Files.writeString(folder.resolve(name), content);
  }

  /** The same data with every word in the vocabulary. */
  static TextClassification words(TextClassification data) {
    return data(
        data.train(),
        data.validation(),
        null,
        null,
        null,
        null,
        null,
        new TokenizerSettings(TokenizerSettings.Type.WORD, null, 1000, 1, true),
        null);
  }

  /** Settings with the defaults for all others. */
  static TextClassification data(
      FileSplit train,
      @Nullable FileSplit validation,
      @Nullable FileSplit test,
      @Nullable Map<String, FileSplit> more,
      @Nullable String text,
      @Nullable String label,
      @Nullable String labelSeparator,
      @Nullable TokenizerSettings tokenizer,
      @Nullable Integer maxLength) {
    Map<String, @Nullable Object> settings = new HashMap<>();
    settings.put("train", train);
    settings.put("validation", validation);
    settings.put("test", test);
    settings.put("more", more);
    settings.put("text", text);
    settings.put("label", label);
    settings.put("labelSeparator", labelSeparator);
    settings.put("tokenizer", tokenizer);
    settings.put("maxLength", maxLength);
    return RecordCopy.with(TextClassification.defaults(), settings);
  }

  /** A training split alone, with further settings. */
  static TextClassification train(String path, Map<String, ?> settings) {
    return RecordCopy.with(train(path), settings);
  }
}
