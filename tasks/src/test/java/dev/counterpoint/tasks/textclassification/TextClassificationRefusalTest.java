package dev.counterpoint.tasks.textclassification;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Invalid input of {@link TextClassification} and the resulting messages. */
class TextClassificationRefusalTest {
  @TempDir Path folder;
  private TextTables tables;

  @BeforeEach
  void writeTables() throws IOException {
    tables = new TextTables(folder);
  }

  @Test
  void aMissingColumnIsNamedWithTheExistingOnes() {
    TextClassification wrong =
        TextTables.data(
            TextTables.split("train.tsv"), null, null, null, "txt", null, null, null, null);
    assertRejected(wrong, tables.path("train.tsv") + " has no column \"txt\"", "sentence, label");
  }

  @Test
  void columnsWithoutACommonNameMustBeConfigured() throws IOException {
    tables.write("train.csv", "words,label\na,1\nb,0\n");
    assertRejected(
        TextTables.train("train.csv"),
        tables.path("train.csv") + " has no column",
        "words, label",
        "Set \"text\"");
  }

  @Test
  void aDuplicateColumnIsRejected() throws IOException {
    tables.write("train.csv", "text,label,label\na,1,2\nb,0,2\n");
    assertRejected(
        TextTables.train("train.csv"), tables.path("train.csv") + " line 1", "header", "label");
  }

  @Test
  void aRowWithTooManyFieldsIsRejectedWithItsLine() throws IOException {
    tables.write("train.tsv", "sentence\tlabel\na\t1\nb\tc\t0\n");
    assertRejected(
        TextTables.train("train.tsv"),
        tables.path("train.tsv") + " line 3 has 3 fields",
        "2: sentence, label");
  }

  @Test
  void anUnclosedQuoteIsRejectedWithItsLine() throws IOException {
    tables.write("train.csv", "text,label\na,1\n\"b,0\nc,1\n");
    assertRejected(
        TextTables.train("train.csv"), tables.path("train.csv") + ": the quote opened on line 3 ");
  }

  @Test
  void anUnclosedQuoteInTheHeaderIsRejected() throws IOException {
    tables.write("train.csv", "\"text,label\na,1\n");
    assertRejected(
        TextTables.train("train.csv"), tables.path("train.csv") + ": the quote opened on line 1 ");
  }

  @Test
  void aQuoteWithinAFieldIsRejected() throws IOException {
    tables.write("train.csv", "text,label\na,1\n\"b\" b,0\n");
    assertRejected(TextTables.train("train.csv"), tables.path("train.csv") + " line 3 ", "CSV");
  }

  @ParameterizedTest
  @CsvSource({"train.csv, ;, semicolons", "train.csv, '\t', tabs", "train.tsv, ',', commas"})
  void anotherSeparatorIsDetected(String name, String separator, String separatorName)
      throws IOException {
    tables.write(name, "text,label\na,1\nb,0\n".replace(",", separator));
    assertRejected(TextTables.train(name), "separated by " + separatorName);
  }

  @Test
  void invalidJsonIsRejectedWithItsLine() throws IOException {
    tables.write("train.jsonl", "{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\",,\n");
    assertRejected(
        TextTables.train("train.jsonl"), tables.path("train.jsonl") + " line 2 is not JSON");
  }

  @Test
  void aJsonRowWithoutTheTextIsRejectedWithItsLine() throws IOException {
    tables.write("train.jsonl", "{\"text\":\"a\",\"label\":1}\n{\"label\":0}\n");
    assertRejected(
        TextTables.train("train.jsonl"), tables.path("train.jsonl") + " line 2 ", "\"text\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "label"})
  void anUnpairedSurrogateIsRejectedWithItsLine(String column) throws IOException {
    String row = "{\"text\":\"b\",\"label\":\"0\"}\n";
    String invalid = row.replace(column + "\":\"", column + "\":\"\\ud800");
    tables.write("train.jsonl", row.replace('0', '1') + invalid);
    assertRejected(
        TextTables.train("train.jsonl"),
        tables.path("train.jsonl") + " line 2 has an unpaired surrogate in \"" + column + "\"");
  }

  @Test
  void jsonThatIsNotAnObjectIsRejectedWithItsLine() throws IOException {
    tables.write("train.jsonl", "{\"text\":\"a\",\"label\":1}\n\"b\"\n");
    assertRejected(
        TextTables.train("train.jsonl"),
        tables.path("train.jsonl") + " line 2 is not a JSON object");
  }

  @Test
  void anUnknownLabelIsRejectedWithItsLine() throws IOException {
    tables.write("dev.tsv", "sentence\tlabel\na\t1\nb\t7\n");
    assertRejected(
        TextClassification.of("train.tsv", "dev.tsv"),
        tables.path("dev.tsv") + " line 3 has the label \"7\"",
        "0, 1");
  }

  @Test
  void aLabelOfManyCharactersIsRejectedWithItsLine() throws IOException {
    tables.write("train.tsv", "sentence\tlabel\na\t1\nb\t" + "x".repeat(1001) + "\n");
    assertRejected(
        TextTables.train("train.tsv"), tables.path("train.tsv") + " line 3", "1,001", "1,000");
  }

  @Test
  void anEmptyLabelIsRejectedWithItsLine() throws IOException {
    tables.write("train.tsv", "sentence\tlabel\na\t1\nb\t \n");
    assertRejected(
        TextTables.train("train.tsv"),
        tables.path("train.tsv") + " line 3 has an empty \"label\".");
  }

  @Test
  void trainingWithOneLabelIsRejected() throws IOException {
    tables.write("train.tsv", "sentence\tlabel\na\t1\nb\t1\n");
    assertRejected(
        TextTables.train("train.tsv"), tables.path("train.tsv") + " has only the label \"1\"");
  }

  @Test
  void aLabelColumnOfDistinctValuesIsRejected() throws IOException {
    StringBuilder rows = new StringBuilder("sentence\tlabel\n");
    for (int i = 0; i < 10; i++) {
      rows.append("a\tnumber ").append(i).append('\n');
    }
    tables.write("train.tsv", rows.toString());
    assertRejected(
        TextTables.train("train.tsv"),
        tables.path("train.tsv") + " has a different label in each of its 10 rows");
  }

  @ParameterizedTest
  @ValueSource(strings = {"train.tsv", "train.csv", "train.jsonl"})
  void anEmptyFileIsRejected(String name) throws IOException {
    tables.write(name, "");
    assertRejected(TextTables.train(name), tables.path(name) + " is empty.");
  }

  @Test
  void aHeaderWithoutRowsIsRejected() throws IOException {
    tables.write("dev.tsv", "sentence\tlabel\n");
    assertRejected(
        TextClassification.of("train.tsv", "dev.tsv"), tables.path("dev.tsv") + " has no rows");
    assertRejected(TextTables.train("dev.tsv"), tables.path("dev.tsv") + " has no rows");
  }

  @Test
  void allMissingFilesAreNamedWithSimilarNames() {
    assertRejected(
        TextClassification.of("trian.tsv", "none/dev.tsv"),
        tables.path("trian.tsv") + " does not exist",
        "folder: train.tsv",
        tables.path("none/dev.tsv") + " does not exist. Its folder does not exist");
  }

  @Test
  void aFolderWithoutDataIsNamedWithItsFiles() throws IOException {
    Files.createDirectory(Path.of(tables.path("notes")));
    Files.createFile(Path.of(tables.path("notes/plan.md")));

    assertRejected(TextTables.train("notes"), "is a folder", "plan.md");
  }

  @Test
  void anUnknownExtensionIsRejected() throws IOException {
    tables.write("train.xlsx", "");
    assertRejected(
        TextTables.train("train.xlsx"), tables.path("train.xlsx"), ".tsv, .csv, .jsonl and .json");
  }

  @Test
  void textThatIsNotUtf8IsRejectedWithItsLine() throws IOException {
    Files.write(
        folder.resolve("train.tsv"),
        "sentence\tlabel\na\t1\ncaf\u00e9\t0\n".getBytes(StandardCharsets.ISO_8859_1));
    assertRejected(
        TextTables.train("train.tsv"), tables.path("train.tsv") + " line 3 is not UTF-8 text");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 40})
  void anIncompleteGzipFileIsRejected(int length) throws IOException {
    Path gzip = folder.resolve("train.tsv.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(gzip))) {
      out.write(TextTables.TRAIN.getBytes(StandardCharsets.UTF_8));
    }
    byte[] complete = Files.readAllBytes(gzip);
    Files.write(gzip, Arrays.copyOf(complete, length));
    assertRejected(
        TextTables.train("train.tsv.gz"),
        tables.path("train.tsv.gz") + " is not a complete gzip file");
  }

  @Test
  void allArraysOfAJsonFileAreRead() throws IOException {
    tables.write(
        "train.json",
        "[{\"text\":\"a\",\"label\":1}]\n[{\"text\":\"b\",\"label\":0}]\n{\"text\":\"c\",\"label\":1}");

    try (DataSplits data = tables.open(TextTables.train("train.json"))) {
      assertThat(data.train().size()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "]", "[[]]", "{\"text\":\"a\",\"text\":\"b\",\"label\":1}"})
  void dataAfterAJsonArrayIsNotIgnored(String rest) throws IOException {
    tables.write("train.json", "[{\"text\":\"a\",\"label\":1}]\n" + rest);

    assertRejected(TextTables.train("train.json"), tables.path("train.json") + " line 2 is not");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "\0\0\0\0", "\u001f\u008b\b"})
  void dataAfterAGzipMemberIsNotIgnored(String rest) throws IOException {
    Path gzip = folder.resolve("train.tsv.gz");
    ByteArrayOutputStream member = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(member)) {
      out.write(TextTables.TRAIN.getBytes(StandardCharsets.UTF_8));
    }
    member.write(rest.getBytes(StandardCharsets.ISO_8859_1));
    member.write(member.toByteArray());
    Files.write(gzip, member.toByteArray());

    assertRejected(
        TextTables.train("train.tsv.gz"),
        tables.path("train.tsv.gz") + " is not a complete gzip file");
  }

  @Test
  void aMissingTokenizerIsNamed() {
    TokenizerSettings tokenizer =
        new TokenizerSettings(TokenizerSettings.Type.WORD, "tokeniser.json", 100, 1, true);
    assertRejected(
        TextTables.data(
            TextTables.split("train.tsv"), null, null, null, null, null, null, tokenizer, null),
        "The tokenizer " + tables.path("tokeniser.json") + " is not a file.");
  }

  @Test
  void anAdditionalSplitMustHaveAValidName() {
    for (String name : List.of("train", "../nested", "")) {
      assertThatThrownBy(
              () ->
                  TextTables.data(
                      TextTables.split("train.tsv"),
                      null,
                      null,
                      Map.of(name, TextTables.split("dev.tsv")),
                      null,
                      null,
                      null,
                      null,
                      0))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("more \"" + name + "\"")
          .hasMessageContaining("maxLength 0");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'text':{'0':'good','1':'bad'},'label':{'0':'x','1':'y'}}",
        "{'0':{'text':'good','label':'x'},'1':{'text':'bad','label':'y'}}",
        "{'columns':['text','label'],'index':[0],'data':[['good','x']]}",
        "{'text':['good','bad'],'label':['x','y']}"
      })
  void jsonOfColumnsIsRejectedWithTheExpectedShape(String json) throws IOException {
    tables.write("train.json", json.replace('\'', '"'));
    assertRejected(
        TextTables.train("train.json"),
        tables.path("train.json"),
        "{\"text\": \"good\", \"label\": \"pos\"}",
        "orient=\"records\"");
  }

  @Test
  void messagesContainAtMostTwoHundredCharactersOfData() throws IOException {
    String word = "x".repeat(1_000_000);
    for (Map.Entry<String, String> file :
        Map.of(
                "long.jsonl", "{\"text\":\"a\",\"label\":\"b\"}\n{\"text\":\"" + word + "\"}",
                "list.jsonl", "[\"" + word + "\", 3]",
                "token.jsonl", word,
                "wide.csv", "a" + ",b".repeat(1) + ",".concat(word) + "\n1,2,3\n",
                "many.csv", IntStream.range(0, 5_000).mapToObj(i -> "c" + i).collect(joining(",")),
                "double.csv", word + "," + word + "\n1,2\n",
                "fields.csv", word + ",label\n1\n",
                "one.tsv", "text\tlabel\na\t" + word + "\nb\t" + word + "\n")
            .entrySet()) {
      tables.write(file.getKey(), file.getValue());

      Throwable rejected = catchThrowable(() -> tables.open(TextTables.train(file.getKey())));

      assertThat(rejected).as(file.getKey()).isInstanceOf(InvalidSettings.class);
      String message = rejected.getMessage();
      assertThat(message).contains(file.getKey()).doesNotContain("x".repeat(201));
      assertThat(message.chars().filter(c -> c == 'x').count()).isLessThan(200 + 20);
      assertThat(message).hasSizeLessThan(900);
    }
  }

  @Test
  void nanInJsonIsRejectedWithLineAndField() throws IOException {
    tables.write(
        "train.jsonl",
        "{\"text\": \"a\", \"label\": \"x\"}\n"
            + "{\"text\": \"b\", \"label\": \"y\", \"score\": NaN}\n"
            + "{\"text\": NaN, \"label\": \"y\"}\n");
    assertRejected(
        TextTables.train("train.jsonl"), tables.path("train.jsonl") + " line 3", "NaN in \"text\"");
  }

  @Test
  void aFileWithoutLabelsIsNotAdvisedToUseItsIndexAsLabel() throws IOException {
    tables.write("test.tsv", "index\tsentence\n1\tgood\n");
    assertRejected(
        TextTables.train("test.tsv"),
        tables.path("test.tsv") + " has no column",
        "index, sentence",
        "A file without labels",
        "predict");
  }

  @ParameterizedTest
  @CsvSource({"'\n', 4", "'\r\n', 4", "'\r', 4"})
  void lineNumbersCountEveryKindOfLineBreak(String lineBreak, int line) throws IOException {
    String end = lineBreak.translateEscapes();
    tables.write("train.csv", String.join(end, "text,label", "\"a", "b\",x", "c,y,z", "d,x"));
    assertRejected(
        TextTables.train("train.csv"),
        tables.path("train.csv") + " line " + line + " has 3 fields");
  }

  @Test
  void anUnknownLabelThatLooksLikeAKnownOneIsShownByCodePoints() throws IOException {
    tables.write("train.tsv", "text\tlabel\na\tpos\nb\tneg\n");
    tables.write("dev.tsv", "text\tlabel\na\tpos\u00a0\n");
    assertRejected(
        TextTables.words(TextClassification.of("train.tsv", "dev.tsv")),
        tables.path("dev.tsv") + " line 2",
        "\"pos\"",
        "\"pos<U+00A0>\"");
  }

  private void assertRejected(TextClassification data, String... fragments) {
    assertThatThrownBy(() -> tables.open(data))
        .isInstanceOf(InvalidSettings.class)
        .message()
        .contains(fragments);
    assertThat(folder.resolve("cache"))
        .satisfiesAnyOf(
            cache -> assertThat(cache).doesNotExist(),
            cache -> assertThat(cache).isEmptyDirectory());
  }
}
