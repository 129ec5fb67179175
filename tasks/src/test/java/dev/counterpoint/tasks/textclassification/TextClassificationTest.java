package dev.counterpoint.tasks.textclassification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.ShuffledSampler;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.tasks.tokenizer.SharedFiles;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Valid input of {@link TextClassification}; see {@link TextClassificationRefusalTest} for invalid
 * input.
 */
class TextClassificationTest {
  @TempDir Path folder;
  private TextTables tables;

  @BeforeEach
  void writeTables() throws IOException {
    tables = new TextTables(folder);
  }

  @Test
  void aBatchHasIdsMaskAndLabels() throws IOException {
    try (DataSplits splits = tables.open(TextTables.train("train.tsv"))) {
      HostBatch batch = splits.splits().get("train").collate(new long[] {2, 1});
      // [PAD] [UNK] film good bad
      assertThat(longs(batch, Batch.IDS)).containsExactly(3, 0, 4, 2);
      assertThat(batch.tensors().get(Batch.MASK).floats()).containsExactly(1, 0, 1, 1);
      assertThat(longs(batch, Batch.LABELS)).containsExactly(1, 0);
      assertThat(batch.tokens()).isEqualTo(3);
    }
  }

  @Test
  void theSpecHasVocabularyAndLabels() throws IOException {
    try (DataSplits splits = tables.open(TextTables.train("train.tsv"))) {
      assertThat(splits.spec().vocabularySize()).isEqualTo(5);
      assertThat(splits.spec().paddingId()).isZero();
      assertThat(splits.spec().labels()).containsExactly("0", "1");
    }
  }

  @Test
  void allSplitsAreAvailableByName() throws IOException {
    TextClassification all =
        TextTables.data(
            TextTables.split("train.tsv"),
            TextTables.split("dev.tsv"),
            TextTables.split("dev.tsv"),
            Map.of("nested", TextTables.split("dev.tsv")),
            null,
            null,
            null,
            null,
            null);
    try (DataSplits splits = tables.open(all)) {
      assertThat(splits.splits()).containsOnlyKeys("train", "validation", "test", "nested");
    }
  }

  @Test
  void aWordOutsideTheTrainingTextIsUnknown() throws IOException {
    try (DataSplits splits =
        tables.open(TextTables.words(TextClassification.of("train.tsv", "dev.tsv")))) {
      HostBatch batch = splits.splits().get("validation").collate(new long[] {0});
      assertThat(longs(batch, Batch.IDS)).containsExactly(1, 3, 2);
    }
  }

  @Test
  void numericLabelsAreSortedNumerically() throws IOException {
    tables.write("train.tsv", "text\tlabel\na\t10\nb\t9\nc\t-1\nd\t2.5\n");
    assertThat(labels("train.tsv")).containsExactly("-1", "2.5", "9", "10");
  }

  @Test
  void otherLabelsAreSortedAlphabetically() throws IOException {
    tables.write("train.tsv", "text\tlabel\na\tspam\nb\tham\nc\t10\nd\t 9 \n");
    assertThat(labels("train.tsv")).containsExactly("10", "9", "ham", "spam");
  }

  @Test
  void quotesInTsvHaveNoSpecialMeaning() throws IOException {
    tables.write("train.tsv", "text\tlabel\n\"a\" b\t1\n\"half open\t0\n");
    try (DataSplits splits = tables.open(TextTables.train("train.tsv"))) {
      assertThat(splits.splits().get("train").size()).isEqualTo(2);
      assertThat(lengths(splits)).containsExactly(4, 3);
    }
  }

  @Test
  void quotedCommasBelongToTheText() throws IOException {
    tables.write("train.csv", "label,text\r\n1,\"a, \"\"b\"\"\r\nc\"\r\n0,d\r\n");
    try (DataSplits splits = tables.open(TextTables.train("train.csv"))) {
      assertThat(lengths(splits)).containsExactly(6, 1);
    }
  }

  @Test
  void aRowAfterAMultiLineRowHasTheCorrectLine() throws IOException {
    tables.write("train.csv", "label,text\n1,\"a\n\nb\"\n\n0,d\n");
    assertThat(origins(TextTables.train("train.csv")))
        .containsExactly(
            tables.path("train.csv") + " line 2", tables.path("train.csv") + " line 6");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"text\": \"a b\", \"label\": 1}\n\n{\"label\": 0, \"text\": \"c\"}\n",
        "[{\"text\": \"a b\", \"label\": true},\n {\"text\": \"c\", \"label\": false}]",
        "{\"review\": \"a b\", \"id\": 7, \"sentiment\": \"pos\"}\n"
            + "{\"review\": \"c\", \"sentiment\": \"neg\"}"
      })
  void readsJsonLinesAndJsonArrays(String json) throws IOException {
    tables.write("train.jsonl", json);
    try (DataSplits splits = tables.open(TextTables.train("train.jsonl"))) {
      assertThat(lengths(splits)).containsExactly(2, 1);
      HostBatch batch = splits.splits().get("train").collate(new long[] {0, 1});
      assertThat(longs(batch, Batch.LABELS)).containsExactly(1, 0);
    }
  }

  @Test
  void readsAGzippedTable() throws IOException {
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("t.tsv.gz")))) {
      out.write(TextTables.TRAIN.getBytes(StandardCharsets.UTF_8));
    }
    try (DataSplits splits = tables.open(TextTables.train("t.tsv.gz"))) {
      assertThat(splits.splits().get("train").size()).isEqualTo(3);
    }
  }

  @Test
  void skipsAByteOrderMark() throws IOException {
    tables.write("train.csv", "\uFEFF\"text\",label\na,1\nb,0\n");
    try (DataSplits splits = tables.open(TextTables.train("train.csv"))) {
      assertThat(splits.splits().get("train").size()).isEqualTo(2);
    }
  }

  @Test
  void usesTheConfiguredColumns() throws IOException {
    tables.write("train.csv", "text,title,label,stars\na b c,d,1,5\ne f g,h,1,2\n");
    TextClassification configured =
        TextTables.data(
            TextTables.split("train.csv"), null, null, null, "title", "stars", null, null, null);
    try (DataSplits splits = tables.open(configured)) {
      assertThat(lengths(splits)).containsExactly(1, 1);
      assertThat(splits.spec().labels()).containsExactly("2", "5");
    }
  }

  @Test
  void detectsColumnsIgnoringCase() throws IOException {
    tables.write("train.csv", "id,Review,Sentiment\n1,a,pos\n2,b,neg\n");
    assertThat(labels("train.csv")).containsExactly("neg", "pos");
  }

  @Test
  void anEmptyTextIsOneUnknownTokenAndNoted() throws IOException {
    tables.write("train.tsv", "sentence\tlabel\na\t1\n\t0\n");
    try (DataSplits splits = tables.open(TextTables.train("train.tsv"))) {
      HostBatch batch = splits.splits().get("train").collate(new long[] {1});
      assertThat(longs(batch, Batch.IDS)).containsExactly(1);
      assertThat(batch.tensors().get(Batch.MASK).floats()).containsExactly(1);
      assertThat(splits.notes()).contains("train: 1 row with an empty text");
    }
  }

  @Test
  void usesAConfiguredTokenizerUnchanged() throws Exception {
    Path bert =
        Path.of(
            getClass()
                .getResource("/dev/counterpoint/tasks/tokenizer/bert/tokenizer.json")
                .toURI());
    TokenizerSettings tokenizer =
        new TokenizerSettings(TokenizerSettings.Type.WORD, bert.toString(), 100, 1, true);
    TextClassification data =
        TextTables.data(
            TextTables.split("train.tsv"), null, null, null, null, null, null, tokenizer, null);
    try (DataSplits splits = tables.open(data)) {
      HostBatch batch = splits.splits().get("train").collate(new long[] {0});
      assertThat(longs(batch, Batch.IDS)).containsExactly(101, 2204, 2143, 102);
      assertThat(splits.spec().vocabularySize()).isEqualTo(30_522);
      Path saved = folder.resolve("saved.json");
      splits.files().get("tokenizer.json").writeTo(saved);
      assertThat(saved).hasSameBinaryContentAs(bert);
    }
  }

  @Test
  void theSavedTokenizerProducesTheIdsOfTraining() throws IOException {
    try (DataSplits splits = tables.open(TextTables.train("train.tsv"))) {
      Path saved = folder.resolve("saved.json");
      splits.files().get("tokenizer.json").writeTo(saved);
      try (TextEncoder encoder = new TextEncoder(TokenizerFolder.open(saved), 64)) {
        assertThat(longs(encoder.encoded(List.of("Good film", "bad")).batch(), Batch.IDS))
            .containsExactly(3, 2, 4, 0);
      }
    }
  }

  @Test
  void truncatesToTheSmallerMaxLengthAndNotesIt() throws IOException {
    tables.write("train.tsv", "text\tlabel\na b c d e\t1\na b\t0\n");
    for (int[] lengths : new int[][] {{3, 64}, {64, 3}}) {
      TextClassification data =
          TextTables.data(
              TextTables.split("train.tsv"), null, null, null, null, null, null, null, lengths[0]);
      try (DataSplits splits = data.open(tables.context(lengths[1]))) {
        assertThat(lengths(splits)).containsExactly(3, 2);
        assertThat(splits.notes()).contains("train: 1 row (50 %) truncated to 3 tokens");
      }
    }
  }

  @Test
  void notesTheLabelCountsOfEachSplit() throws IOException {
    try (DataSplits splits = tables.open(TextClassification.of("train.tsv", "dev.tsv"))) {
      assertThat(splits.notes())
          .contains("train: 3 rows (0: 1, 1: 2)", "validation: 1 row (0: 0, 1: 1)");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void notesAHighShareOfUnknownTokens(boolean frame) throws IOException {
    TokenizerSettings words =
        new TokenizerSettings(TokenizerSettings.Type.WORD, null, 1000, 1, true, frame);
    tables.write("train.tsv", "text\tlabel\na good film\t1\na bad film\t0\n");
    tables.write("dev.tsv", "text\tlabel\na wholly unknown word\t1\n\t1\n");
    TextClassification data =
        TextTables.data(
            TextTables.split("train.tsv"),
            TextTables.split("dev.tsv"),
            null,
            null,
            null,
            null,
            null,
            words,
            null);
    try (DataSplits splits = tables.open(data)) {
      assertThat(splits.notes())
          .anyMatch(note -> note.startsWith("validation: 75 %") && note.contains("unknown"))
          .noneMatch(note -> note.startsWith("train:") && note.contains("unknown"));
    }
  }

  @Test
  void notesSuspiciousLabels() throws IOException {
    tables.write(
        "train.tsv", "text\tlabel\na\tBug\nb\tbug\nc\tbug\nd\tBUG\ne\tBUG\nf\task\ng\task\n");
    tables.write("dev.tsv", "text\tlabel\na\task\n");
    try (DataSplits splits = tables.open(TextClassification.of("train.tsv", "dev.tsv"))) {
      assertThat(splits.notes())
          .anyMatch(
              note -> note.startsWith("train: labels") && note.endsWith("single row: \"Bug\""))
          .anyMatch(
              note ->
                  note.startsWith("train: labels")
                      && note.endsWith("case: \"BUG\" and \"Bug\" and \"bug\""))
          .noneMatch(note -> note.startsWith("validation: labels"));
    }
  }

  @Test
  void notesLabelsThatLookTheSame() throws IOException {
    tables.write(
        "train.tsv",
        "text\tlabel\na\tpos\nb\tpos\u00a0\nc\tcaf\u00e9\nd\tcafe\u0301\ne\tneg\nf\tnegative\n");
    try (DataSplits splits = tables.open(TextTables.train("train.tsv"))) {
      assertThat(splits.notes())
          .anyMatch(
              note ->
                  note.contains("\"pos\" and \"pos<U+00A0>\"")
                      && note.contains("\"cafe<U+0301>\" and \"caf<U+00E9>\"")
                      && !note.contains("neg"));
    }
  }

  @Test
  void notesLabelsThatAreTheSameNumber() throws IOException {
    tables.write("train.tsv", "text\tlabel\na\t1\nb\t1.0\nc\t10\nd\t1.5\n");
    try (DataSplits splits = tables.open(TextTables.train("train.tsv"))) {
      assertThat(splits.notes()).anyMatch(note -> note.endsWith(": \"1\" and \"1.0\""));
    }
  }

  @Test
  void notesLabelsThatLookLikeAMissingValue() throws IOException {
    tables.write(
        "train.tsv", "text\tlabel\na\tnan\nb\tnan\nc\tNone\nd\tN/A\ne\tbanana\nf\tbanana\n");
    try (DataSplits splits = tables.open(TextTables.train("train.tsv"))) {
      assertThat(splits.notes())
          .anyMatch(note -> note.endsWith("\"N/A\" (1 row), \"None\" (1 row), \"nan\" (2 rows)"));
    }
  }

  @Test
  void numericLabelsAreOrderedAsNumbers() throws IOException {
    tables.write("train.tsv", "text\tlabel\na\t10\nb\t9\nc\t-1.5\nd\t2\n");
    try (DataSplits splits = tables.open(TextTables.train("train.tsv"))) {
      assertThat(splits.spec().labels()).containsExactly("-1.5", "2", "9", "10");
    }
  }

  @Test
  void limitsTheListOfSuspiciousLabels() throws IOException {
    StringBuilder rows = new StringBuilder("text\tlabel\na\tone\nb\tone\n");
    for (int i = 0; i < 13; i++) {
      rows.append("a\tlabel").append(i).append('\n');
    }
    tables.write("train.tsv", rows.toString());
    try (DataSplits splits = tables.open(TextTables.train("train.tsv"))) {
      assertThat(splits.notes())
          .anyMatch(
              note ->
                  note.startsWith("train: labels with a single row: \"label0\", ")
                      && note.endsWith(", and 3 more"));
    }
  }

  @Test
  void notesDetectedColumnsIfThereAreOthers() throws IOException {
    tables.write("train.csv", "id,subject,body,label,priority\n1,s,good,1,a\n2,s,bad,0,b\n");
    try (DataSplits splits = tables.open(TextTables.train("train.csv"))) {
      assertThat(splits.notes())
          .contains(
              "train: text column \"body\", label column \"label\"; other columns: id, subject,"
                  + " priority");
    }
  }

  @Test
  void doesNotNoteColumnsWithoutAlternatives() throws IOException {
    try (DataSplits splits = tables.open(TextTables.train("train.tsv"))) {
      assertThat(splits.notes()).noneMatch(note -> note.contains("column"));
    }
  }

  @Test
  void doesNotNoteConfiguredColumns() throws IOException {
    tables.write("train.csv", "id,body,label\n1,good,1\n2,bad,0\n");
    TextClassification configured =
        TextTables.data(
            TextTables.split("train.csv"), null, null, null, "body", "label", null, null, null);
    try (DataSplits splits = tables.open(configured)) {
      assertThat(splits.notes()).noneMatch(note -> note.contains("column"));
    }
  }

  @Test
  void notesTheRarestAndMostFrequentOfManyLabels() throws IOException {
    StringBuilder rows = new StringBuilder("text\tlabel\n");
    for (int label = 1; label <= 11; label++) {
      rows.append(("word\tlabel" + label + "\n").repeat(20 - label));
    }
    tables.write("train.tsv", rows.toString());
    try (DataSplits splits = tables.open(TextTables.train("train.tsv"))) {
      assertThat(splits.notes())
          .contains("train: 154 rows with 11 labels, from label11: 9 to label1: 19");
    }
  }

  @Test
  void notesThatManyLabelsAreBalanced() throws IOException {
    StringBuilder rows = new StringBuilder("text\tlabel\n");
    for (int row = 0; row < 24; row++) {
      rows.append("word\tlabel" + row % 12 + "\n");
    }
    tables.write("train.tsv", rows.toString());
    try (DataSplits splits = tables.open(TextTables.train("train.tsv"))) {
      assertThat(splits.notes()).contains("train: 24 rows with 12 labels, 2 rows each");
    }
  }

  @Test
  void notesAnOverlapWithTrain() throws IOException {
    tables.write(
        "dev.tsv", "sentence\tlabel\nnew film\t1\nbad film\t1\nBad film\t1\nbad film\t0\n");
    try (DataSplits splits = tables.open(TextClassification.of("train.tsv", "dev.tsv"))) {
      assertThat(splits.notes())
          .contains(
              "validation: 2 rows with a text that is also in train, such as "
                  + folder.resolve("dev.tsv")
                  + " line 3 (same as "
                  + folder.resolve("train.tsv")
                  + " line 3)");
    }
  }

  @Test
  void notesThatThereIsNoOverlapWithTrain() throws IOException {
    try (DataSplits splits = tables.open(TextClassification.of("train.tsv", "dev.tsv"))) {
      assertThat(splits.notes()).contains("validation: no overlap with train");
    }
  }

  @Test
  void readsAllRealReviews() throws IOException {
    String train = SharedFiles.find("data/sst2/train.tsv").toAbsolutePath().toString();
    String dev = SharedFiles.find("data/sst2/dev.tsv").toAbsolutePath().toString();
    try (DataSplits splits = tables.open(TextClassification.of(train, dev))) {
      Dataset.OfVariableLength reviews = (Dataset.OfVariableLength) splits.splits().get("train");
      assertThat(reviews.size()).isEqualTo(67_349);
      assertThat(splits.splits().get("validation").size()).isEqualTo(872);
      assertThat(splits.notes())
          .contains(
              "train: 67,349 rows (0: 29,780, 1: 37,569)", "validation: 872 rows (0: 428, 1: 444)");
      ShuffledSampler sampler = ShuffledSampler.groupedByLength(reviews, 32, 1, 0);
      long tokens = 0;
      long padded = 0;
      for (long step = 0; step < sampler.steps(); step++) {
        HostBatch batch = reviews.collate(sampler.indices(step));
        tokens += batch.tokens();
        padded += batch.tensors().get(Batch.IDS).shape().size();
      }
      assertThat(padded).isLessThan(tokens * 105 / 100);
      assertThat(((Dataset.Traceable) reviews).origin(67_348)).endsWith("train.tsv line 67350");
    }
  }

  private List<String> labels(String path) throws IOException {
    try (DataSplits splits = tables.open(TextTables.train(path))) {
      return splits.spec().labels();
    }
  }

  private List<String> origins(TextClassification data) throws IOException {
    try (DataSplits splits = tables.open(data)) {
      Dataset.Traceable dataset = (Dataset.Traceable) splits.splits().get("train");
      List<String> origins = new ArrayList<>();
      for (long index = 0; index < dataset.size(); index++) {
        origins.add(dataset.origin(index));
      }
      return origins;
    }
  }

  private static List<Integer> lengths(DataSplits splits) {
    Dataset.OfVariableLength dataset = (Dataset.OfVariableLength) splits.splits().get("train");
    List<Integer> lengths = new ArrayList<>();
    for (long index = 0; index < dataset.size(); index++) {
      lengths.add(dataset.length(index));
    }
    return lengths;
  }

  private static long[] longs(HostBatch batch, String name) {
    return batch.tensors().get(name).longs();
  }
}
