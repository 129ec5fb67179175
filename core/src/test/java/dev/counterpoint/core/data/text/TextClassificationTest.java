package dev.counterpoint.core.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.EpochOrder;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextClassificationTest {
  private static final String TRAIN = "sentence\tlabel\ngood film\t1\nbad film\t0\ngood\t1\n";

  @TempDir Path folder;

  @BeforeEach
  void writeTables() throws IOException {
    write("train.tsv", TRAIN);
    write("dev.tsv", "sentence\tlabel\na good film\t1\n");
  }

  @Test
  void aBatchHasIdsMaskAndLabels() throws IOException {
    try (DataSplits splits = open(train("train.tsv"))) {
      HostBatch batch = splits.splits().get("train").collate(new long[] {2, 1});
      // [PAD] [UNK] film good bad
      assertThat(longs(batch, Batch.IDS)).containsExactly(3, 0, 4, 2);
      assertThat(batch.tensors().get(Batch.MASK).floats()).containsExactly(1, 0, 1, 1);
      assertThat(longs(batch, Batch.LABELS)).containsExactly(1, 0);
      assertThat(batch.tokens()).isEqualTo(3);
    }
  }

  @Test
  void aModelIsToldTheVocabularyAndTheLabels() throws IOException {
    try (DataSplits splits = open(train("train.tsv"))) {
      assertThat(splits.spec().vocabularySize()).isEqualTo(5);
      assertThat(splits.spec().paddingId()).isZero();
      assertThat(splits.spec().labels()).containsExactly("0", "1");
    }
  }

  @Test
  void everySplitIsThereByItsName() throws IOException {
    TextClassification all =
        new TextClassification(
            split("train.tsv"),
            split("dev.tsv"),
            split("dev.tsv"),
            Map.of("nested", split("dev.tsv")),
            null,
            null,
            null,
            null);
    try (DataSplits splits = open(all)) {
      assertThat(splits.splits()).containsOnlyKeys("train", "validation", "test", "nested");
    }
  }

  @Test
  void aWordThatTrainingLacksIsUnknown() throws IOException {
    try (DataSplits splits = open(words(TextClassification.of("train.tsv", "dev.tsv")))) {
      HostBatch batch = splits.splits().get("validation").collate(new long[] {0});
      assertThat(longs(batch, Batch.IDS)).containsExactly(1, 3, 2);
    }
  }

  @Test
  void labelsThatAreNumbersAreSortedAsNumbers() throws IOException {
    write("train.tsv", "text\tlabel\na\t10\nb\t9\nc\t-1\nd\t2.5\n");
    assertThat(labels("train.tsv")).containsExactly("-1", "2.5", "9", "10");
  }

  @Test
  void labelsThatAreWordsAreSortedByTheirLetters() throws IOException {
    write("train.tsv", "text\tlabel\na\tspam\nb\tham\nc\t10\nd\t 9 \n");
    assertThat(labels("train.tsv")).containsExactly("10", "9", "ham", "spam");
  }

  @Test
  void tabsLeaveQuotesAlone() throws IOException {
    write("train.tsv", "text\tlabel\n\"a\" b\t1\n\"half open\t0\n");
    try (DataSplits splits = open(train("train.tsv"))) {
      assertThat(splits.splits().get("train").size()).isEqualTo(2);
      assertThat(lengths(splits)).containsExactly(4, 3);
    }
  }

  @Test
  void commasInQuotesAreText() throws IOException {
    write("train.csv", "label,text\r\n1,\"a, \"\"b\"\"\r\nc\"\r\n0,d\r\n");
    try (DataSplits splits = open(train("train.csv"))) {
      assertThat(lengths(splits)).containsExactly(6, 1);
    }
  }

  @Test
  void aRowAfterOneOfSeveralLinesKnowsItsLine() throws IOException {
    write("train.csv", "label,text\n1,\"a\n\nb\"\n\n0,d\n");
    assertThat(origins(train("train.csv")))
        .containsExactly(path("train.csv") + " line 2", path("train.csv") + " line 6");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"text\": \"a b\", \"label\": 1}\n\n{\"label\": 0, \"text\": \"c\"}\n",
        "[{\"text\": \"a b\", \"label\": true},\n {\"text\": \"c\", \"label\": false}]",
        "{\"review\": \"a b\", \"id\": 7, \"sentiment\": \"pos\"}\n"
            + "{\"review\": \"c\", \"sentiment\": \"neg\"}"
      })
  void jsonMayBeLinesOrAnArray(String json) throws IOException {
    write("train.jsonl", json);
    try (DataSplits splits = open(train("train.jsonl"))) {
      assertThat(lengths(splits)).containsExactly(2, 1);
      HostBatch batch = splits.splits().get("train").collate(new long[] {0, 1});
      assertThat(longs(batch, Batch.LABELS)).containsExactly(1, 0);
    }
  }

  @Test
  void aZippedTableIsRead() throws IOException {
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("t.tsv.gz")))) {
      out.write(TRAIN.getBytes(StandardCharsets.UTF_8));
    }
    try (DataSplits splits = open(train("t.tsv.gz"))) {
      assertThat(splits.splits().get("train").size()).isEqualTo(3);
    }
  }

  @Test
  void aByteOrderMarkIsNoPartOfTheFirstColumn() throws IOException {
    write("train.csv", "\uFEFF\"text\",label\na,1\nb,0\n");
    try (DataSplits splits = open(train("train.csv"))) {
      assertThat(splits.splits().get("train").size()).isEqualTo(2);
    }
  }

  @Test
  void columnsAreTakenAsSet() throws IOException {
    write("train.csv", "text,title,label,stars\na b c,d,1,5\ne f g,h,1,2\n");
    TextClassification chosen =
        new TextClassification(split("train.csv"), null, null, null, "title", "stars", null, null);
    try (DataSplits splits = open(chosen)) {
      assertThat(lengths(splits)).containsExactly(1, 1);
      assertThat(splits.spec().labels()).containsExactly("2", "5");
    }
  }

  @Test
  void columnsAreFoundWhateverTheirCase() throws IOException {
    write("train.csv", "id,Review,Sentiment\n1,a,pos\n2,b,neg\n");
    assertThat(labels("train.csv")).containsExactly("neg", "pos");
  }

  @Test
  void aColumnThatIsNotThereIsNamedWithThoseThatAre() {
    TextClassification wrong =
        new TextClassification(split("train.tsv"), null, null, null, "txt", null, null, null);
    assertRefused(wrong, path("train.tsv") + " has no column \"txt\"; it has: sentence, label.");
  }

  @Test
  void columnsWithoutAUsualNameAreAskedFor() throws IOException {
    write("train.csv", "words,label\na,1\nb,0\n");
    assertRefused(
        train("train.csv"),
        "has no column with a usual name for the text",
        "it has: words, label. Set \"text\" to one of them.");
  }

  @Test
  void aHeaderThatNamesAColumnTwiceIsRefused() throws IOException {
    write("train.csv", "text,label,label\na,1,2\nb,0,2\n");
    assertRefused(train("train.csv"), path("train.csv") + " line 1 has a header", "label");
  }

  @Test
  void aRowWithTooManyFieldsIsNamed() throws IOException {
    write("train.tsv", "sentence\tlabel\na\t1\nb\tc\t0\n");
    assertRefused(
        train("train.tsv"),
        path("train.tsv") + " line 3 has 3 fields, the header 2: sentence, label");
  }

  @Test
  void aQuoteThatIsNeverClosedIsNamed() throws IOException {
    write("train.csv", "text,label\na,1\n\"b,0\nc,1\n");
    assertRefused(train("train.csv"), path("train.csv") + " line ", "is no CSV");
  }

  @Test
  void brokenJsonIsNamedWithItsLine() throws IOException {
    write("train.jsonl", "{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\",,\n");
    assertRefused(train("train.jsonl"), path("train.jsonl") + " line 2 is not JSON");
  }

  @Test
  void aJsonRowWithoutTheTextIsNamed() throws IOException {
    write("train.jsonl", "{\"text\":\"a\",\"label\":1}\n{\"label\":0}\n");
    assertRefused(
        train("train.jsonl"), path("train.jsonl") + " line 2 has no text or number as \"text\"");
  }

  @Test
  void jsonThatIsNoObjectIsNamed() throws IOException {
    write("train.jsonl", "{\"text\":\"a\",\"label\":1}\n\"b\"\n");
    assertRefused(train("train.jsonl"), path("train.jsonl") + " line 2 is not a JSON object");
  }

  @Test
  void aLabelThatTrainingLacksIsNamedWithItsLine() throws IOException {
    write("dev.tsv", "sentence\tlabel\na\t1\nb\t7\n");
    assertRefused(
        TextClassification.of("train.tsv", "dev.tsv"),
        path("dev.tsv")
            + " line 3 has the label \"7\", which the training data lacks; it has: 0, 1.");
  }

  @Test
  void anEmptyLabelIsNamed() throws IOException {
    write("train.tsv", "sentence\tlabel\na\t1\nb\t \n");
    assertRefused(train("train.tsv"), path("train.tsv") + " line 3 has an empty \"label\".");
  }

  @Test
  void anEmptyTextIsOneUnknownTokenAndTold() throws IOException {
    write("train.tsv", "sentence\tlabel\na\t1\n\t0\n");
    try (DataSplits splits = open(train("train.tsv"))) {
      HostBatch batch = splits.splits().get("train").collate(new long[] {1});
      assertThat(longs(batch, Batch.IDS)).containsExactly(1);
      assertThat(batch.tensors().get(Batch.MASK).floats()).containsExactly(1);
      assertThat(splits.notes()).contains("train: 1 row with an empty text");
    }
  }

  @Test
  void trainingWithOneLabelIsRefused() throws IOException {
    write("train.tsv", "sentence\tlabel\na\t1\nb\t1\n");
    assertRefused(train("train.tsv"), path("train.tsv") + " has the one label \"1\"");
  }

  @Test
  void aColumnThatHasNoTwoRowsAlikeIsNoLabel() throws IOException {
    StringBuilder rows = new StringBuilder("sentence\tlabel\n");
    for (int i = 0; i < 10; i++) {
      rows.append("a\tnumber ").append(i).append('\n');
    }
    write("train.tsv", rows.toString());
    assertRefused(
        train("train.tsv"), path("train.tsv") + " has another label in each of its 10 rows");
  }

  @ParameterizedTest
  @ValueSource(strings = {"train.tsv", "train.csv", "train.jsonl"})
  void anEmptyFileIsRefused(String name) throws IOException {
    write(name, "");
    assertRefused(train(name), path(name) + " is empty.");
  }

  @Test
  void aHeaderAloneIsRefused() throws IOException {
    write("dev.tsv", "sentence\tlabel\n");
    assertRefused(
        TextClassification.of("train.tsv", "dev.tsv"),
        path("dev.tsv") + " has no rows under its header.");
    assertRefused(train("dev.tsv"), path("dev.tsv") + " has no rows under its header.");
  }

  @Test
  void missingFilesAreAllNamedWithThoseNamedAlike() {
    assertRefused(
        TextClassification.of("trian.tsv", "none/dev.tsv"),
        path("trian.tsv") + " does not exist. Named alike in that folder: train.tsv",
        path("none/dev.tsv") + " does not exist. Its folder does not exist either.");
  }

  @Test
  void aFolderInPlaceOfAFileIsNamedWithItsFiles() {
    assertRefused(train("."), "is a folder; a file is needed. In that folder: dev.tsv, train.tsv.");
  }

  @Test
  void anUnknownEndingIsRefused() throws IOException {
    write("train.xlsx", "");
    assertRefused(train("train.xlsx"), "Known are .tsv, .csv, .jsonl and .json");
  }

  @Test
  void textThatIsNotUtf8IsNamedWithItsLine() throws IOException {
    Files.write(
        folder.resolve("train.tsv"),
        "sentence\tlabel\na\t1\ncaf\u00e9\t0\n".getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(train("train.tsv"), path("train.tsv") + " line 3 is not UTF-8 text");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 40})
  void aBrokenZipIsRefused(int length) throws IOException {
    Path zip = folder.resolve("train.tsv.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(zip))) {
      out.write(TRAIN.getBytes(StandardCharsets.UTF_8));
    }
    byte[] whole = Files.readAllBytes(zip);
    Files.write(zip, Arrays.copyOf(whole, length));
    assertRefused(train("train.tsv.gz"), path("train.tsv.gz") + " is not a whole gzip file");
  }

  @Test
  void aMissingTokenizerIsNamed() {
    TokenizerSettings tokenizer =
        new TokenizerSettings(TokenizerSettings.Type.WORD, "tokeniser.json", 100, 1, true);
    assertRefused(
        new TextClassification(split("train.tsv"), null, null, null, null, null, tokenizer, null),
        "The tokenizer " + path("tokeniser.json") + " is not a file.");
  }

  @Test
  void aGivenTokenizerIsTakenAsItIs() throws Exception {
    Path bert = Path.of(getClass().getResource("bert/tokenizer.json").toURI());
    TokenizerSettings tokenizer =
        new TokenizerSettings(TokenizerSettings.Type.WORD, bert.toString(), 100, 1, true);
    TextClassification data =
        new TextClassification(split("train.tsv"), null, null, null, null, null, tokenizer, null);
    try (DataSplits splits = open(data)) {
      HostBatch batch = splits.splits().get("train").collate(new long[] {0});
      assertThat(longs(batch, Batch.IDS)).containsExactly(101, 2204, 2143, 102);
      assertThat(splits.spec().vocabularySize()).isEqualTo(30_522);
      Path saved = folder.resolve("saved.json");
      splits.files().get("tokenizer.json").writeTo(saved);
      assertThat(saved).hasSameBinaryContentAs(bert);
    }
  }

  @Test
  void theSavedTokenizerGivesPredictionTheIdsOfTraining() throws IOException {
    try (DataSplits splits = open(train("train.tsv"))) {
      Path saved = folder.resolve("saved.json");
      splits.files().get("tokenizer.json").writeTo(saved);
      try (TextEncoder encoder = new TextEncoder(saved, 64)) {
        assertThat(longs(encoder.encode(List.of("Good film", "bad")), Batch.IDS))
            .containsExactly(3, 2, 4, 0);
      }
    }
  }

  @Test
  void theSmallerLengthCutsAndIsTold() throws IOException {
    write("train.tsv", "text\tlabel\na b c d e\t1\na b\t0\n");
    for (int[] lengths : new int[][] {{3, 64}, {64, 3}}) {
      TextClassification data =
          new TextClassification(
              split("train.tsv"), null, null, null, null, null, null, lengths[0]);
      try (DataSplits splits = data.open(context(lengths[1]))) {
        assertThat(lengths(splits)).containsExactly(3, 2);
        assertThat(splits.notes()).contains("train: 1 row (50 %) longer than 3 tokens and cut");
      }
    }
  }

  @Test
  void theLabelsOfEachSplitAreCounted() throws IOException {
    try (DataSplits splits = open(TextClassification.of("train.tsv", "dev.tsv"))) {
      assertThat(splits.notes())
          .contains("train: 3 rows (0: 1, 1: 2)", "validation: 1 row (0: 0, 1: 1)");
    }
  }

  @Test
  void ofManyLabelsTheLargestAndTheSmallestAreNamed() throws IOException {
    StringBuilder rows = new StringBuilder("text\tlabel\n");
    for (int label = 1; label <= 11; label++) {
      rows.append(("word\tlabel" + label + "\n").repeat(20 - label));
    }
    write("train.tsv", rows.toString());
    try (DataSplits splits = open(train("train.tsv"))) {
      assertThat(splits.notes())
          .contains("train: 154 rows of 11 labels, from label11: 9 to label1: 19");
    }
  }

  @Test
  void aTextThatIsInTrainingTooIsTold() throws IOException {
    write("dev.tsv", "sentence\tlabel\nnew film\t1\nbad film\t1\nBad film\t1\nbad film\t0\n");
    try (DataSplits splits = open(TextClassification.of("train.tsv", "dev.tsv"))) {
      assertThat(splits.notes())
          .contains(
              "validation: 2 rows with a text that is in train, too: "
                  + folder.resolve("dev.tsv")
                  + " line 3 has that of "
                  + folder.resolve("train.tsv")
                  + " line 3");
    }
  }

  @Test
  void thatNoTextIsInTrainingTooIsTold() throws IOException {
    try (DataSplits splits = open(TextClassification.of("train.tsv", "dev.tsv"))) {
      assertThat(splits.notes()).contains("validation: no text is in train, too");
    }
  }

  @Test
  void aFurtherSplitCannotBeNamedAsAFixedOneOrAPath() {
    for (String name : List.of("train", "../nested", "")) {
      assertThatThrownBy(
              () ->
                  new TextClassification(
                      split("train.tsv"),
                      null,
                      null,
                      Map.of(name, split("dev.tsv")),
                      null,
                      null,
                      null,
                      0))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("cannot name a further split")
          .hasMessageContaining("maxLength 0 must be greater than 0");
    }
  }

  @Test
  void realReviewsAreReadWholly() throws IOException {
    String train = SharedFiles.find("data/sst2/train.tsv").toAbsolutePath().toString();
    String dev = SharedFiles.find("data/sst2/dev.tsv").toAbsolutePath().toString();
    try (DataSplits splits = open(TextClassification.of(train, dev))) {
      Dataset.OfVariableLength reviews = (Dataset.OfVariableLength) splits.splits().get("train");
      assertThat(reviews.size()).isEqualTo(67_349);
      assertThat(splits.splits().get("validation").size()).isEqualTo(872);
      assertThat(splits.notes())
          .contains(
              "train: 67,349 rows (0: 29,780, 1: 37,569)", "validation: 872 rows (0: 428, 1: 444)");
      EpochOrder order = EpochOrder.groupedByLength(reviews, 32, 1, 0);
      long tokens = 0;
      long block = 0;
      for (long step = 0; step < order.steps(); step++) {
        HostBatch batch = reviews.collate(order.items(step));
        tokens += batch.tokens();
        block += batch.tensors().get(Batch.IDS).shape().size();
      }
      assertThat(block).isLessThan(tokens * 105 / 100);
      assertThat(((Dataset.Traceable) reviews).origin(67_348)).endsWith("train.tsv line 67350");
    }
  }

  private static TextClassification train(String path) {
    return words(new TextClassification(split(path), null, null, null, null, null, null, null));
  }

  /** The same data with every word in the vocabulary. */
  private static TextClassification words(TextClassification data) {
    return new TextClassification(
        data.train(),
        data.validation(),
        null,
        null,
        null,
        null,
        new TokenizerSettings(TokenizerSettings.Type.WORD, null, 1000, 1, true),
        null);
  }

  private static TextClassification.Split split(String path) {
    return new TextClassification.Split(path);
  }

  private DataSplits open(TextClassification data) throws IOException {
    return data.open(context(64));
  }

  private DataContext context(int maxLength) {
    return new DataContext(folder.resolve("cache"), folder::resolve, maxLength, 17);
  }

  private void assertRefused(TextClassification data, String... parts) {
    assertThatThrownBy(() -> open(data))
        .isInstanceOf(InvalidSettings.class)
        .message()
        .contains(parts);
    assertThat(folder.resolve("cache"))
        .satisfiesAnyOf(
            cache -> assertThat(cache).doesNotExist(),
            cache -> assertThat(cache).isEmptyDirectory());
  }

  private List<String> labels(String path) throws IOException {
    try (DataSplits splits = open(train(path))) {
      return splits.spec().labels();
    }
  }

  private List<String> origins(TextClassification data) throws IOException {
    try (DataSplits splits = open(data)) {
      Dataset.Traceable items = (Dataset.Traceable) splits.splits().get("train");
      List<String> origins = new ArrayList<>();
      for (long item = 0; item < items.size(); item++) {
        origins.add(items.origin(item));
      }
      return origins;
    }
  }

  private static List<Integer> lengths(DataSplits splits) {
    Dataset.OfVariableLength items = (Dataset.OfVariableLength) splits.splits().get("train");
    List<Integer> lengths = new ArrayList<>();
    for (long item = 0; item < items.size(); item++) {
      lengths.add(items.length(item));
    }
    return lengths;
  }

  private static long[] longs(HostBatch batch, String name) {
    return batch.tensors().get(name).longs();
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private void write(String name, String content) throws IOException {
    Files.writeString(folder.resolve(name), content);
  }
}
