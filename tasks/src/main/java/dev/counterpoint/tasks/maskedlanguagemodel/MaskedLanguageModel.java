package dev.counterpoint.tasks.maskedlanguagemodel;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.EvaluationSource;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.data.source.Samples;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.tasks.internal.cache.CacheFolders;
import dev.counterpoint.tasks.table.Documents;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.textgeneration.TextGeneration;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import dev.counterpoint.tasks.tokenizer.VocabularyBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Data source for masked language modeling, the pre-training task of BERT (Devlin et al. 2019): the
 * model predicts tokens that were replaced at random. Files and examples are those of {@link
 * TextGeneration}. The masks of an example differ in each epoch, and are functions of seed, epoch
 * and example.
 *
 * @param validation the validation text, whose masks are always the same; null to use the end of
 *     the training text
 * @param validationShare the fraction of the training text used for validation, if there is no
 *     validation text
 * @param text the text column of a table; null to detect it
 * @param maskProbability the probability that a token, or a word, is selected
 * @param wholeWord whether all tokens of a word are selected together
 * @param tokenizer the tokenizer settings; null for the tokenizer of the pretrained model or,
 *     without one, for the words of the training text
 * @param maxLength the number of tokens of an example; null for the model's maximum
 */
public record MaskedLanguageModel(
    FileSplit train,
    @Nullable FileSplit validation,
    double validationShare,
    @Nullable String text,
    double maskProbability,
    boolean wholeWord,
    @Nullable TokenizerSettings tokenizer,
    @Nullable Integer maxLength)
    implements EvaluationSource {

  public MaskedLanguageModel {
    new Checks()
        .below("validationShare", validationShare, 0, 1)
        .that(
            maskProbability > 0 && maskProbability < 1,
            "maskProbability",
            maskProbability,
            "must be greater than 0 and less than 1")
        .positive("maxLength", maxLength)
        .verify();
  }

  /** Defaults of a run file, as for BERT; {@code train} must be set. */
  public static MaskedLanguageModel defaults() {
    return RecordCopy.of(
        MaskedLanguageModel.class, Map.of("validationShare", 0.1, "maskProbability", 0.15));
  }

  @Override
  public DataSplits open(DataContext context) throws IOException {
    TokenizerSettings settings = tokenizer == null ? TokenizerSettings.defaults() : tokenizer;
    Tokenizer existing = TokenizerFolder.find(settings, context);
    Tokenizer used = existing == null ? build(settings, context) : existing;
    Path folder = context.cache().resolve("masking-" + used.key());
    CacheFolders.createIfAbsent(folder, used::save);
    return masked(source(folder).open(context), used, context);
  }

  @Override
  public DataSplits openFile(String path, DataSpec trained, DataContext context)
      throws IOException {
    Path folder = Objects.requireNonNull(context.tokenizer());
    Tokenizer used = TokenizerFolder.open(folder);
    return masked(source(folder).openFile(path, trained, context), used, context);
  }

  /** The data source that reads the same text for language modeling. */
  private TextGeneration source(Path tokenizerFolder) {
    TokenizerSettings existing =
        RecordCopy.with(
            TokenizerSettings.defaults(), "path", tokenizerFolder.toAbsolutePath().toString());
    return new TextGeneration(train, validation, validationShare, text, existing, maxLength);
  }

  private Tokenizer build(TokenizerSettings settings, DataContext context) throws IOException {
    VocabularyBuilder vocabulary = VocabularyBuilder.forMasking(settings);
    new Documents(TableSource.open(train, context), text)
        .requireReadable()
        .read((piece, endsDocument) -> vocabulary.add(piece));
    return vocabulary.tokenizer();
  }

  private DataSplits masked(DataSplits packed, Tokenizer used, DataContext context)
      throws IOException {
    Masking masking = Masking.of(used, maskProbability, wholeWord, context.seed());
    Map<String, Dataset> splits = new LinkedHashMap<>();
    packed
        .splits()
        .forEach(
            (name, split) ->
                splits.put(name, new MaskedText(split, masking, MaskedText.EVALUATION)));
    List<String> notes = new ArrayList<>(packed.notes());
    notes.add(
        Formats.of(
            "masks: %s %% of the %s",
            Formats.number(100 * maskProbability), wholeWord ? "words" : "tokens"));
    return new DataSplits(
        packed.spec().predicting(DataSpec.Target.MASKED_TOKEN),
        splits,
        packed.metrics(),
        "masks " + maskProbability + " " + wholeWord + " " + packed.fingerprint(),
        used.files(context.length(maxLength)),
        notes,
        Samples.none(),
        null);
  }
}
