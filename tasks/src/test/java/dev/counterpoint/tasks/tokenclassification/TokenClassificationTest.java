package dev.counterpoint.tasks.tokenclassification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.github.luben.zstd.ZstdOutputStream;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.metric.Metric;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenClassificationTest {
  private static final String COLUMNS =
      """
      -DOCSTART- O

      Ann B-person
      Lee I-person
      didn't O
      see O
      Rome B-city
      \t
      Rome\tB-city
      .\tO
      """;

  @TempDir Path folder;

  @Test
  void onlyTheFirstTokenOfAWordIsLabelled() throws IOException {
    DataSplits data = open(file("a.conll", COLUMNS), 32);

    assertThat(data.spec().labels())
        .containsExactly("O", "B-city", "I-city", "B-person", "I-person");
    assertThat(data.spec().target()).isEqualTo(DataSpec.Target.CLASS_PER_TOKEN);
    // [CLS] Ann Lee didn ' t see Rome [SEP]
    assertThat(data.train().collate(new long[] {0}).tensors().get(Batch.LABELS).longs())
        .containsExactly(-100, 3, 4, 0, -100, -100, 0, 1, -100);
    assertThat(data.train().size()).isEqualTo(2);
    assertThat(((Dataset.Traceable) data.train()).origin(1)).endsWith("a.conll line 9");
  }

  @Test
  void jsonLinesGzipAndZstandardGiveTheSameExamples() throws IOException {
    Path json =
        file(
            "a.jsonl",
            """
            {"tokens": ["Ann", "Lee", "didn't", "see", "Rome"], "ner_tags": ["B-person", "I-person", "O", "O", "B-city"]}
            {"tokens": ["Rome", "."], "tags": ["B-city", "O"]}
            """);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(COLUMNS.getBytes(StandardCharsets.UTF_8));
    }
    Path zipped = Files.write(folder.resolve("a.conll.gz"), bytes.toByteArray());
    Path zstandard = folder.resolve("a.jsonl.zst");
    try (OutputStream out = new ZstdOutputStream(Files.newOutputStream(zstandard))) {
      Files.copy(json, out);
    }

    HostBatch expected = all(open(file("a.conll", COLUMNS), 32).train());
    for (Path other : List.of(json, zipped, zstandard)) {
      HostBatch batch = all(open(other, 32).train());
      for (String tensor : List.of(Batch.IDS, Batch.LABELS)) {
        assertThat(batch.tensors().get(tensor).longs())
            .isEqualTo(expected.tensors().get(tensor).longs());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"B", "b-city", "B-", "X-city"})
  void aTagThatIsNoneIsNamed(String tag) throws IOException {
    Path file = file("a.conll", "Ann O\nRome " + tag + "\n");
    assertThatThrownBy(() -> open(file, 32))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("a.conll", "line 2", tag);
  }

  @Test
  void columnsAreSelected() throws IOException {
    Path file = file("a.txt", "1 Ann NNP B-person x\n2 ran VB O x\n");

    DataSplits data =
        new TokenClassification(
                new FileSplit(file.toString()), null, null, 2, 4, null, words(), null)
            .open(context());

    assertThat(data.train().collate(new long[] {0}).tensors().get(Batch.LABELS).longs())
        .containsExactly(-100, 1, 0, -100);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "a.conll; Ann B-person|Lee; line 2",
        "a.conll; Ann B-person|New York B-city; line 2 has 3 columns",
        "a.conll; Ann B-person|Lee X-person; line 2 has the tag \"X-person\"",
        "a.conll; Ann B-person|Lee person; line 2 has the tag \"person\"",
        "a.conll; Ann O; has no tag except O",
        "a.conll; -DOCSTART- O; has no sentences",
        "a.jsonl; {\"tokens\": [\"a\"], \"tags\": [\"O\", \"O\"]}; line 1 has 1 tokens and 2 tags",
        "a.jsonl; {\"tokens\": [\"a\"], \"tags\": [3]}; line 1 needs a list of texts at \"tags\"",
        "a.jsonl; {\"tokens\": [\"\\ud800\"], \"tags\": [\"O\"]}; line 1 has an unpaired surrogate",
        "a.jsonl; {\"tokens\"; line 1 is not JSON",
        "a.jsonl; {\"tokens\": [\"a\"], \"tags\": [\"O\"]} {}; line 1 is not JSON",
        "a.jsonl; {\"tokens\": [\"a\"], \"tags\": [\"O\"], \"tags\": []}; line 1 is not JSON"
      })
  void anInvalidFileIsRejected(String name, String content, String message) throws IOException {
    Path file = file(name, content.replace('|', '\n') + "\n");

    assertThatThrownBy(() -> open(file, 32))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(message)
        .hasMessageContaining(file.toString());
  }

  @Test
  void aTagOfManyCharactersIsRejectedWithItsLine() throws IOException {
    Path file = file("a.conll", "Rome B-town\nOslo B-" + "x".repeat(1000) + "\n");

    assertThatThrownBy(() -> open(file, 32))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("a.conll line 2", "1,002");
  }

  @Test
  void aTagThatTrainingDoesNotHaveIsRejected() throws IOException {
    FileSplit train = new FileSplit(file("a.conll", COLUMNS).toString());
    FileSplit validation = new FileSplit(file("b.conll", "Oslo B-town\n").toString());
    TokenClassification data =
        new TokenClassification(train, validation, null, 1, null, null, words(), null);

    assertThatThrownBy(() -> data.open(context()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("b.conll line 1")
        .hasMessageContaining("B-town");
  }

  @Test
  void illegalTagsAreReportedOnce() throws IOException {
    Path file = file("a.conll", "a I-x\nb B-y\nc I-x\nd B-x\ne I-x\n");

    assertThat(open(file, 32).notes())
        .filteredOn(note -> note.contains("does not allow"))
        .singleElement()
        .asString()
        .contains("train: 2 tags", "I-x at " + file + " line 1");
  }

  @Test
  void notesTypesThatLookTheSameOrLikeAMissingValue() throws IOException {
    Path file = file("a.conll", "a B-x\nb B-x\u00a0\nc B-X\nd B-nan\n");

    assertThat(open(file, 32).notes())
        .anyMatch(note -> note.contains("look the same") && note.contains("U+00A0"))
        .anyMatch(note -> note.contains("only in case"))
        .anyMatch(note -> note.contains("missing value") && note.contains("nan"));
  }

  @Test
  void tablesOfManyTypesAreBounded() throws IOException {
    String lines =
        IntStream.range(0, 1_100).mapToObj(i -> "w B-t" + i).collect(Collectors.joining("\n"));
    Metric metric = open(file("a.conll", lines + "\n"), 2_000).metrics().get(0).get();

    assertThat(metric.confusion(new double[0])).isEmpty();
    assertThat(metric.remarks(new double[0])).hasSize(103).last().asString().contains("1000 more");
  }

  @Test
  void everyWordOfALongSentenceIsScoredOnceWithMostContext() throws IOException {
    StringBuilder sentence = new StringBuilder();
    for (int i = 0; i < 50; i++) {
      sentence.append(i % 7 == 0 ? "it's" : "w" + i).append(i % 2 == 0 ? " B-x\n" : " O\n");
    }
    DataSplits data = open(file("a.conll", sentence.toString()), 16);
    SentenceSet.Split train = (SentenceSet.Split) data.train();

    assertThat(train.size()).isGreaterThan(3);
    List<Integer> scored = new ArrayList<>();
    for (int i = 0; i < train.size(); i++) {
      Window window = train.window(i);
      for (int j = 0; j < window.words().length; j++) {
        scored.add(window.words()[j]);
        boolean atStart = i == 0 || window.positions()[j] > 2;
        boolean atEnd = i == train.size() - 1 || window.positions()[j] < window.ids().length - 3;
        assertThat(atStart && atEnd).as("window %s word %s", i, window.words()[j]).isTrue();
      }
    }
    assertThat(scored)
        .containsExactlyElementsOf(LongStream.range(0, 50).mapToInt(i -> (int) i).boxed().toList());
  }

  @Test
  void wordsKeepTheirBlanksForATokenizerOfCharacters() throws IOException {
    TokenizerSettings characters =
        new TokenizerSettings(TokenizerSettings.Type.CHARACTER, null, 100, 1, false, false);
    Path file = file("a.conll", "ab B-x\nc O\n");

    HostBatch batch =
        all(
            new TokenClassification(
                    new FileSplit(file.toString()), null, null, 1, null, null, characters, null)
                .open(context())
                .train());

    // " ab c": the label of a word is at the blank before it.
    assertThat(batch.tensors().get(Batch.LABELS).longs()).containsExactly(1, -100, -100, 0, -100);
    long[] ids = batch.tensors().get(Batch.IDS).longs();
    assertThat(ids[0]).isEqualTo(ids[3]).isNotEqualTo(ids[1]);
  }

  @Test
  void metricCountsWholeEntities() throws IOException {
    DataSplits data = open(file("a.conll", COLUMNS), 32);

    // Ann is found without Lee, both Romes are found, and "." is a city.
    Map<String, Double> values = measure(data, List.of(0, 1), 3, 0, 0, 0, 1, 1, 1);

    assertThat(values.get("precision")).isEqualTo(0.5);
    assertThat(values.get("recall")).isCloseTo(2.0 / 3, within(1e-12));
    assertThat(values.get("f1")).isCloseTo(4.0 / 7, within(1e-12));
    assertThat(values.get("f1.city")).isCloseTo(0.8, within(1e-12));
    assertThat(values.get("f1.person")).isEqualTo(0);
    assertThat(values.get("accuracy")).isCloseTo(5.0 / 7, within(1e-12));
  }

  @Test
  void metricCountsOnlyMeasuredSentences() throws IOException {
    DataSplits data = open(file("a.conll", COLUMNS), 32);

    Map<String, Double> values = measure(data, List.of(1), 1, 0);

    assertThat(values.get("f1")).isEqualTo(1);
    assertThat(values.get("f1.person")).isNaN();
  }

  @Test
  void windowsAreMeasuredInAnyOrderByAnyRank() throws IOException {
    String sentence = "a B-x\nb I-x\nc O\nd B-x\n".repeat(12);
    DataSplits data = open(file("a.conll", sentence), 16);
    int size = (int) data.train().size();
    Metric even = data.metrics().get(0).get();
    Metric odd = data.metrics().get(0).get();
    for (int i = size - 1; i >= 0; i--) {
      addReferences(data, i, i % 2 == 0 ? even : odd);
    }
    double[] states =
        DoubleStream.concat(DoubleStream.of(odd.sums()), DoubleStream.of(even.sums())).toArray();

    assertThat(even.values(states).get("f1")).isEqualTo(1);
    assertThat(even.values(states).get("accuracy")).isEqualTo(1);
    assertThat(even.remarks(states)).anyMatch(line -> line.matches("all .* 1.0000 +24"));
  }

  /** Measures sentences with the given tags of their words. */
  private static Map<String, Double> measure(
      DataSplits data, List<Integer> sentences, int... tags) {
    Metric metric = data.metrics().get(0).get();
    int next = 0;
    for (int sentence : sentences) {
      HostBatch host = data.train().collate(new long[] {sentence});
      long[] labels = host.tensors().get(Batch.LABELS).longs();
      for (int i = 0; i < labels.length; i++) {
        labels[i] = labels[i] < 0 ? 2 : tags[next++];
      }
      add(metric, host, labels, data.spec().labels().size());
    }
    return metric.values(metric.sums());
  }

  private static void addReferences(DataSplits data, int window, Metric metric) {
    HostBatch host = data.train().collate(new long[] {window});
    long[] labels = host.tensors().get(Batch.LABELS).longs();
    add(metric, host, LongStream.of(labels).map(it -> Math.max(it, 0)).toArray(), 3);
  }

  private static void add(Metric metric, HostBatch host, long[] predicted, int labels) {
    float[] logits = new float[predicted.length * labels];
    for (int i = 0; i < predicted.length; i++) {
      logits[i * labels + (int) predicted[i]] = 1;
    }
    try (NDManager manager = Torch.newManager(Device.cpu());
        Batch batch = new Batch(host, Device.cpu())) {
      NDArray output = manager.create(logits, new Shape(1, predicted.length, labels));
      metric.add(output, batch);
    }
  }

  private static HostBatch all(Dataset dataset) {
    return dataset.collate(LongStream.range(0, dataset.size()).toArray());
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static TokenizerSettings words() {
    return new TokenizerSettings(TokenizerSettings.Type.WORD, null, 1_000, 1, false, true);
  }

  private DataContext context() {
    return new DataContext(folder.resolve("cache"), folder::resolve, 512, 17);
  }

  private DataSplits open(Path file, int maxLength) throws IOException {
    return new TokenClassification(
            new FileSplit(file.toString()), null, null, 1, null, null, words(), maxLength)
        .open(context());
  }
}
