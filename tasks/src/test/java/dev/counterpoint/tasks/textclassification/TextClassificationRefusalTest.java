package dev.counterpoint.tasks.textclassification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link TextClassification} does not take, and what it says then. */
class TextClassificationRefusalTest {
  @TempDir Path folder;
  private TextTables tables;

  @BeforeEach
  void writeTables() throws IOException {
    tables = new TextTables(folder);
  }

  @Test
  void aColumnThatIsNotThereIsNamedWithThoseThatAre() {
    TextClassification wrong =
        new TextClassification(
            TextTables.split("train.tsv"), null, null, null, "txt", null, null, null);
    assertRefused(
        wrong, tables.path("train.tsv") + " has no column \"txt\"; it has: sentence, label.");
  }

  @Test
  void columnsWithoutAUsualNameAreAskedFor() throws IOException {
    tables.write("train.csv", "words,label\na,1\nb,0\n");
    assertRefused(
        TextTables.train("train.csv"),
        "has no column with a usual name for the text",
        "it has: words, label. Set \"text\" to one of them.");
  }

  @Test
  void aHeaderThatNamesAColumnTwiceIsRefused() throws IOException {
    tables.write("train.csv", "text,label,label\na,1,2\nb,0,2\n");
    assertRefused(
        TextTables.train("train.csv"), tables.path("train.csv") + " line 1 has a header", "label");
  }

  @Test
  void aRowWithTooManyFieldsIsNamed() throws IOException {
    tables.write("train.tsv", "sentence\tlabel\na\t1\nb\tc\t0\n");
    assertRefused(
        TextTables.train("train.tsv"),
        tables.path("train.tsv") + " line 3 has 3 fields, the header 2: sentence, label");
  }

  @Test
  void aQuoteThatIsNeverClosedIsNamed() throws IOException {
    tables.write("train.csv", "text,label\na,1\n\"b,0\nc,1\n");
    assertRefused(
        TextTables.train("train.csv"),
        tables.path("train.csv") + ": the quote that opens in line 3 is not closed.");
  }

  @Test
  void aQuoteThatIsNeverClosedInTheHeaderIsNamed() throws IOException {
    tables.write("train.csv", "\"text,label\na,1\n");
    assertRefused(
        TextTables.train("train.csv"),
        tables.path("train.csv") + ": the quote that opens in line 1 is not closed.");
  }

  @Test
  void aQuoteWithinAFieldIsNoCsv() throws IOException {
    tables.write("train.csv", "text,label\na,1\n\"b\" b,0\n");
    assertRefused(TextTables.train("train.csv"), tables.path("train.csv") + " line 3 is no CSV");
  }

  @ParameterizedTest
  @CsvSource({"train.csv, ;, semicolons", "train.csv, '\t', tabs", "train.tsv, ',', commas"})
  void fieldsBetweenOtherSignsAreSeen(String name, String separator, String called)
      throws IOException {
    tables.write(name, "text,label\na,1\nb,0\n".replace(",", separator));
    assertRefused(
        TextTables.train(name), "Its fields seem to stand between " + called + ": between commas");
  }

  @Test
  void brokenJsonIsNamedWithItsLine() throws IOException {
    tables.write("train.jsonl", "{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\",,\n");
    assertRefused(
        TextTables.train("train.jsonl"), tables.path("train.jsonl") + " line 2 is not JSON");
  }

  @Test
  void aJsonRowWithoutTheTextIsNamed() throws IOException {
    tables.write("train.jsonl", "{\"text\":\"a\",\"label\":1}\n{\"label\":0}\n");
    assertRefused(
        TextTables.train("train.jsonl"),
        tables.path("train.jsonl") + " line 2 has no text or number as \"text\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "label"})
  void halfOfASurrogatePairIsNamedWithItsLine(String column) throws IOException {
    String row = "{\"text\":\"b\",\"label\":\"0\"}\n";
    String half = row.replace(column + "\":\"", column + "\":\"\\ud800");
    tables.write("train.jsonl", row.replace('0', '1') + half);
    assertRefused(
        TextTables.train("train.jsonl"),
        tables.path("train.jsonl")
            + " line 2 has half of a surrogate pair in \""
            + column
            + "\", which is no character.");
  }

  @Test
  void jsonThatIsNoObjectIsNamed() throws IOException {
    tables.write("train.jsonl", "{\"text\":\"a\",\"label\":1}\n\"b\"\n");
    assertRefused(
        TextTables.train("train.jsonl"),
        tables.path("train.jsonl") + " line 2 is not a JSON object");
  }

  @Test
  void aLabelThatTrainingLacksIsNamedWithItsLine() throws IOException {
    tables.write("dev.tsv", "sentence\tlabel\na\t1\nb\t7\n");
    assertRefused(
        TextClassification.of("train.tsv", "dev.tsv"),
        tables.path("dev.tsv")
            + " line 3 has the label \"7\", which the training data lacks; it has: 0, 1.");
  }

  @Test
  void anEmptyLabelIsNamed() throws IOException {
    tables.write("train.tsv", "sentence\tlabel\na\t1\nb\t \n");
    assertRefused(
        TextTables.train("train.tsv"),
        tables.path("train.tsv") + " line 3 has an empty \"label\".");
  }

  @Test
  void trainingWithOneLabelIsRefused() throws IOException {
    tables.write("train.tsv", "sentence\tlabel\na\t1\nb\t1\n");
    assertRefused(
        TextTables.train("train.tsv"), tables.path("train.tsv") + " has the one label \"1\"");
  }

  @Test
  void aColumnThatHasNoTwoRowsAlikeIsNoLabel() throws IOException {
    StringBuilder rows = new StringBuilder("sentence\tlabel\n");
    for (int i = 0; i < 10; i++) {
      rows.append("a\tnumber ").append(i).append('\n');
    }
    tables.write("train.tsv", rows.toString());
    assertRefused(
        TextTables.train("train.tsv"),
        tables.path("train.tsv") + " has another label in each of its 10 rows");
  }

  @ParameterizedTest
  @ValueSource(strings = {"train.tsv", "train.csv", "train.jsonl"})
  void anEmptyFileIsRefused(String name) throws IOException {
    tables.write(name, "");
    assertRefused(TextTables.train(name), tables.path(name) + " is empty.");
  }

  @Test
  void aHeaderAloneIsRefused() throws IOException {
    tables.write("dev.tsv", "sentence\tlabel\n");
    assertRefused(
        TextClassification.of("train.tsv", "dev.tsv"),
        tables.path("dev.tsv") + " has no rows under its header.");
    assertRefused(
        TextTables.train("dev.tsv"), tables.path("dev.tsv") + " has no rows under its header.");
  }

  @Test
  void missingFilesAreAllNamedWithThoseNamedAlike() {
    assertRefused(
        TextClassification.of("trian.tsv", "none/dev.tsv"),
        tables.path("trian.tsv") + " does not exist. Named alike in that folder: train.tsv",
        tables.path("none/dev.tsv") + " does not exist. Its folder does not exist either.");
  }

  @Test
  void aFolderInPlaceOfAFileIsNamedWithItsFiles() {
    assertRefused(
        TextTables.train("."),
        "is a folder; a file is needed. In that folder: dev.tsv, train.tsv.");
  }

  @Test
  void anUnknownEndingIsRefused() throws IOException {
    tables.write("train.xlsx", "");
    assertRefused(TextTables.train("train.xlsx"), "Known are .tsv, .csv, .jsonl and .json");
  }

  @Test
  void textThatIsNotUtf8IsNamedWithItsLine() throws IOException {
    Files.write(
        folder.resolve("train.tsv"),
        "sentence\tlabel\na\t1\ncaf\u00e9\t0\n".getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(
        TextTables.train("train.tsv"), tables.path("train.tsv") + " line 3 is not UTF-8 text");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 40})
  void aBrokenZipIsRefused(int length) throws IOException {
    Path zip = folder.resolve("train.tsv.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(zip))) {
      out.write(TextTables.TRAIN.getBytes(StandardCharsets.UTF_8));
    }
    byte[] whole = Files.readAllBytes(zip);
    Files.write(zip, Arrays.copyOf(whole, length));
    assertRefused(
        TextTables.train("train.tsv.gz"),
        tables.path("train.tsv.gz") + " is not a whole gzip file");
  }

  @Test
  void aMissingTokenizerIsNamed() {
    TokenizerSettings tokenizer =
        new TokenizerSettings(TokenizerSettings.Type.WORD, "tokeniser.json", 100, 1, true);
    assertRefused(
        new TextClassification(
            TextTables.split("train.tsv"), null, null, null, null, null, tokenizer, null),
        "The tokenizer " + tables.path("tokeniser.json") + " is not a file.");
  }

  @Test
  void aFurtherSplitCannotBeNamedAsAFixedOneOrAPath() {
    for (String name : List.of("train", "../nested", "")) {
      assertThatThrownBy(
              () ->
                  new TextClassification(
                      TextTables.split("train.tsv"),
                      null,
                      null,
                      Map.of(name, TextTables.split("dev.tsv")),
                      null,
                      null,
                      null,
                      0))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("cannot name a further split")
          .hasMessageContaining("maxLength 0 must be greater than 0");
    }
  }

  private void assertRefused(TextClassification data, String... parts) {
    assertThatThrownBy(() -> tables.open(data))
        .isInstanceOf(InvalidSettings.class)
        .message()
        .contains(parts);
    assertThat(folder.resolve("cache"))
        .satisfiesAnyOf(
            cache -> assertThat(cache).doesNotExist(),
            cache -> assertThat(cache).isEmptyDirectory());
  }
}
