package dev.counterpoint.tasks.tokenclassification;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.EvaluationSource;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.tasks.table.SourceFile;
import dev.counterpoint.tasks.targets.LabelNotes;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Data source for token classification, such as named-entity recognition: words with a tag each, in
 * the columns of CoNLL files or in JSON lines. Only the first token of a word is labelled, as by
 * Hugging Face's {@code run_ner.py}. A sentence that is too long for the model is split into
 * overlapping windows.
 *
 * @param test a split that is not used during training
 * @param wordColumn the column of the words, counted from 1
 * @param tagColumn the column of the tags; null for the last column
 * @param scheme how tags mark entities; null to infer it from the training split
 * @param tokenizer the tokenizer settings; null for the tokenizer of the pretrained model or,
 *     without one, for the words of the training text
 * @param maxLength the maximum number of tokens of a window; null for the model's maximum
 */
public record TokenClassification(
    FileSplit train,
    @Nullable FileSplit validation,
    @Nullable FileSplit test,
    int wordColumn,
    @Nullable Integer tagColumn,
    @Nullable TagScheme scheme,
    @Nullable TokenizerSettings tokenizer,
    @Nullable Integer maxLength)
    implements EvaluationSource {
  public TokenClassification {
    new Checks()
        .positive("wordColumn", wordColumn)
        .positive("tagColumn", tagColumn)
        .atLeast("maxLength", maxLength, Windows.MIN_LENGTH)
        .verify();
  }

  /** Defaults of a run file; {@code train} must be set. */
  public static TokenClassification defaults() {
    return RecordCopy.of(TokenClassification.class, Map.of("wordColumn", 1));
  }

  @Override
  public DataSplits open(DataContext context) throws IOException {
    return splits(DataSplits.named(train, validation, test), context.trained(), context);
  }

  @Override
  public DataSplits openFile(String path, DataSpec trained, DataContext context)
      throws IOException {
    return splits(Map.of(SPLIT, new FileSplit(path)), trained, context);
  }

  private DataSplits splits(
      Map<String, FileSplit> files, @Nullable DataSpec trained, DataContext context)
      throws IOException {
    Map<String, List<Sentence>> read = new LinkedHashMap<>();
    Map<String, String> sources = new LinkedHashMap<>();
    for (Map.Entry<String, FileSplit> split : files.entrySet()) {
      SourceFile file = new SourceFile(context.files().apply(split.getValue().file()));
      read.put(split.getKey(), new SentenceFile(file, wordColumn, tagColumn).read());
      sources.put(split.getKey(), file.hash());
    }
    List<Sentence> first = read.values().iterator().next();
    TagScheme used =
        scheme == null ? TagScheme.infer(first.stream().map(Sentence::tags).toList()) : scheme;
    List<String> notes = new ArrayList<>();
    notes.add("tags: " + used + (scheme == null ? " (inferred)" : ""));
    Map<String, List<Sentence>> sentences = new LinkedHashMap<>();
    read.forEach((name, split) -> sentences.put(name, converted(name, split, used, notes)));
    List<String> labels =
        trained == null || trained.labels().isEmpty()
            ? labels(sentences.get(DataSplits.TRAIN))
            : trained.labels();
    sentences.forEach((name, split) -> split.forEach(it -> requireKnown(it, labels)));
    notes.addAll(typeNotes(sentences.getOrDefault(DataSplits.TRAIN, List.of())));
    Tokenizer tokens =
        trained == null
            ? tokenizer(first, context)
            : TokenizerFolder.open(Objects.requireNonNull(context.tokenizer()));
    return splits(sentences, sources, labels, tokens, notes, context);
  }

  private static List<String> typeNotes(List<Sentence> training) {
    Map<String, Long> counts = new TreeMap<>();
    for (Sentence sentence : training) {
      TagScheme.spans(sentence.tags()).forEach(span -> counts.merge(span.type(), 1L, Long::sum));
    }
    return LabelNotes.of(List.copyOf(counts.keySet()), List.copyOf(counts.values()));
  }

  private DataSplits splits(
      Map<String, List<Sentence>> sentences,
      Map<String, String> sources,
      List<String> labels,
      Tokenizer tokens,
      List<String> notes,
      DataContext context)
      throws IOException {
    int length = tokens.limit(context.length(maxLength));
    SentenceSet set = new SentenceSet(labels, tokens.special().padding());
    Map<String, Dataset> datasets = new LinkedHashMap<>();
    MessageDigest digest = Sha256.begin();
    digest.update(tokens.json());
    digest.update(bytes(labels + " " + length));
    try (Windows windows = new Windows(tokens, length)) {
      sentences.forEach(
          (name, split) -> {
            SentenceSet.Split dataset = set.add(split, windows);
            datasets.put(name, dataset);
            notes.add(note(name, split, dataset.size()));
            digest.update(bytes(name));
            split.forEach(it -> digest.update(bytes(it.words() + " " + it.tags())));
          });
    }
    notes.addAll(tokens.notes());
    return new DataSplits(
        tokens.spec(labels).predicting(DataSpec.Target.CLASS_PER_TOKEN).withMaxLength(length),
        datasets,
        List.of(() -> new EntityMetric(set)),
        DataSplits.fingerprint(Sha256.hex(digest), sources),
        tokens.files(length),
        notes,
        new TaggedSamples(
            tokens, sentences.getOrDefault(DataSplits.VALIDATION, List.of()), length, labels),
        null);
  }

  /** The sentences with IOB2 tags. Tags that the scheme does not allow are counted in a note. */
  private static List<Sentence> converted(
      String name, List<Sentence> split, TagScheme scheme, List<String> notes) {
    List<Sentence> converted = new ArrayList<>();
    List<String> illegal = new ArrayList<>();
    for (Sentence sentence : split) {
      for (int i = 0; i < sentence.tags().size(); i++) {
        String tag = sentence.tags().get(i);
        if (!scheme.isTag(tag)) {
          throw new InvalidSettings(
              "%s has the tag \"%s\", which is not one of %s: O, or a prefix and a type such as"
                  + " B-person. Set data.scheme, or data.tagColumn.",
              sentence.origin(i), Excerpt.ofItem(tag), scheme);
        }
      }
      scheme
          .illegal(sentence.tags())
          .forEach(
              i ->
                  illegal.add(
                      Excerpt.ofItem(sentence.tags().get(i)) + " at " + sentence.origin(i)));
      converted.add(sentence.withTags(scheme.toIob2(sentence.tags())));
    }
    if (!illegal.isEmpty()) {
      notes.add(
          Formats.of(
              "%s: %s that %s does not allow, such as %s",
              name, Formats.count(illegal.size(), "tag"), scheme, illegal.get(0)));
    }
    return converted;
  }

  /** The tags in the order of their ids: O, then B and I of each type in alphabetical order. */
  private static List<String> labels(@Nullable List<Sentence> training) {
    List<String> types =
        Objects.requireNonNull(training).stream()
            .flatMap(it -> it.tags().stream())
            .map(TagScheme::type)
            .filter(type -> !type.isEmpty())
            .distinct()
            .sorted()
            .toList();
    if (types.isEmpty()) {
      throw new InvalidSettings(
          "%s has no tag except O; token classification needs at least one type of entity.",
          training.get(0).file().path());
    }
    return Stream.concat(
            Stream.of(TagScheme.OUTSIDE),
            types.stream().flatMap(type -> Stream.of("B-" + type, "I-" + type)))
        .toList();
  }

  private static void requireKnown(Sentence sentence, List<String> labels) {
    for (int i = 0; i < sentence.tags().size(); i++) {
      if (!labels.contains(sentence.tags().get(i))) {
        throw new InvalidSettings(
            "%s has the tag \"%s\", which is not among the tags of training: %s.",
            sentence.origin(i), Excerpt.ofItem(sentence.tags().get(i)), Excerpt.ofList(labels));
      }
    }
  }

  private Tokenizer tokenizer(List<Sentence> training, DataContext context) throws IOException {
    TokenizerSettings settings =
        tokenizer == null
            ? new TokenizerSettings(TokenizerSettings.Type.WORD, null, 30_000, 2, false, true)
            : tokenizer;
    Tokenizer existing = TokenizerFolder.find(settings, context);
    return existing == null
        ? TokenizerFolder.build(
            settings, training.stream().map(it -> String.join(" ", it.words())).toList())
        : existing;
  }

  private static String note(String name, List<Sentence> sentences, long windows) {
    Map<String, Integer> types = new TreeMap<>();
    sentences.stream()
        .flatMap(it -> TagScheme.spans(it.tags()).stream())
        .forEach(it -> types.merge(it.type(), 1, Integer::sum));
    return Formats.of(
        "%s: %s, %s, %s; entities: %s",
        name,
        Formats.count(sentences.size(), "sentence"),
        Formats.count(windows, "window"),
        Formats.count(sentences.stream().mapToLong(it -> it.words().size()).sum(), "word"),
        Excerpt.ofList(
            types.entrySet().stream()
                .map(it -> Formats.of("%s %,d", it.getKey(), it.getValue()))
                .toList()));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
