package dev.counterpoint.tasks.textgeneration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Documents;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.tokenizer.SharedFiles;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextGenerationTest {
  @TempDir Path folder;

  @Test
  void everyTokenExceptTheFirstIsALabelExactlyOnce() throws IOException {
    for (int tokens : new int[] {2, 3, 5, 6, 7, 11, 40}) {
      String text = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".substring(0, tokens - 1);
      Dataset train = open(text, 0, 5).train();
      List<Long> labels = new ArrayList<>();
      HostBatch all = train.collate(LongStream.range(0, train.size()).toArray());
      long[] ids = all.tensors().get(Batch.IDS).longs();
      long[] next = all.tensors().get(Batch.LABELS).longs();
      int width = (int) all.tensors().get(Batch.IDS).shape().get(1);
      for (int i = 0; i < next.length; i++) {
        if (next[i] >= 0) {
          labels.add(next[i]);
          assertThat(i % width == width - 1 || ids[i + 1] == next[i]).isTrue();
        }
      }
      assertThat(labels).as("%s tokens", tokens).hasSize(tokens - 1).doesNotHaveDuplicates();
      assertThat(all.tokens()).isEqualTo(tokens - 1);
    }
  }

  @Test
  void bitsPerByteCountTheBytesOfTheText() throws IOException {
    DataSplits splits = open("a\u00e9\u20ac".repeat(30), 0, 4); // 1, 2 and 3 bytes
    Path model = Files.createDirectory(folder.resolve("model"));
    for (Map.Entry<String, DataSplits.ModelFile> file : splits.files().entrySet()) {
      file.getValue().writeTo(model.resolve(file.getKey()));
    }

    Tokenizer tokenizer = TokenizerFolder.open(model);
    int[] lengths = tokenizer.byteLengths();
    assertThat(lengths).hasSize(tokenizer.vocabularySize()).contains(0, 1, 2, 3);
    long[] labels = splits.train().collate(new long[] {0}).tensors().get(Batch.LABELS).longs();
    assertThat(Arrays.stream(labels).map(token -> lengths[(int) token]).boxed())
        .containsExactly(2L, 3L, 1L, 2L);
    assertThat(splits.metrics().get(0).get().values(new double[] {Math.log(2), 4, 8}))
        .containsEntry("bitsPerByte", 1 / 8.0);
  }

  @Test
  void theBytesOfTheTokensOfGpt2AreThoseOfTheText() throws IOException {
    Tokenizer gpt2 =
        TokenizerFolder.open(SharedFiles.find("tokenizers/gpt2/tokenizer.json").getParent());
    int[] lengths = gpt2.byteLengths();
    String text = "Na\u00efve caf\u00e9s \u20ac5, \ud83d\ude00 and\n\ttabs; \u4e2d\u6587.";
    try (TextEncoder encoder = new TextEncoder(gpt2.withoutFraming(), 1_000)) {
      assertThat(Arrays.stream(encoder.prompt(text)).map(token -> lengths[(int) token]).sum())
          .isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
    }
  }

  @Test
  void theEndOfTheTextIsUsedForValidation() throws IOException {
    DataSplits splits = open("a".repeat(80) + "b".repeat(19), 0.2, 4);

    long[] indices = LongStream.range(0, splits.train().size()).toArray();
    assertThat(splits.train().collate(indices).tokens()).isEqualTo(79);
    assertThat(splits.train().collate(indices).tensors().get(Batch.IDS).longs()).containsOnly(2);
    assertThat(
            splits
                .validation()
                .orElseThrow()
                .collate(new long[] {0})
                .tensors()
                .get(Batch.IDS)
                .longs())
        .containsOnly(3);
  }

  @Test
  void eachRowOfATableIsADocumentWithAnEndToken() throws IOException {
    Path table = Files.writeString(folder.resolve("names.tsv"), "text\nab\nba\n");
    DataSplits splits = data(table.toString(), 0, 6, null).open(context());

    assertThat(splits.train().collate(new long[] {0}).tensors().get(Batch.IDS).longs())
        .containsExactly(2, 3, 0, 3, 2);
    assertThat(splits.spec().paddingId()).isZero();
  }

  @Test
  void specialTokensAroundATextAreNeitherTrainedOnNorSaved() throws IOException {
    Files.writeString(folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n");
    Path table = Files.writeString(folder.resolve("names.tsv"), "text\na b\nb a\n");
    TokenizerSettings pretrained =
        new TokenizerSettings(TokenizerSettings.Type.CHARACTER, folder.toString(), 9, 1, false);
    DataSplits splits = data(table.toString(), 0, 6, pretrained).open(context());
    Path model = Files.createDirectory(folder.resolve("model"));
    for (Map.Entry<String, DataSplits.ModelFile> file : splits.files().entrySet()) {
      file.getValue().writeTo(model.resolve(file.getKey()));
    }

    assertThat(splits.train().collate(new long[] {0}).tensors().get(Batch.IDS).longs())
        .containsExactly(5, 6, 3, 6, 5);
    assertThat(splits.spec().endIds()).containsExactly(3);
    assertThat(model.resolve("generation_config.json")).content().contains("\"eos_token_id\" : 3");
    try (TextEncoder encoder = new TextEncoder(TokenizerFolder.open(model), 10)) {
      assertThat(encoder.prompt("a b")).containsExactly(5, 6);
      assertThat(encoder.encodings(List.of("a b"), null)[0].getIds()).containsExactly(5, 6);
    }
  }

  @Test
  void notesAHighShareOfUnknownTokens() throws IOException {
    Files.writeString(folder.resolve("train.txt"), "abc".repeat(9));
    Files.writeString(folder.resolve("validation.txt"), "xyz".repeat(9));
    TextGeneration data =
        new TextGeneration(
            new FileSplit("train.txt"), new FileSplit("validation.txt"), 0, null, null, 5);

    assertThat(data.open(context()).notes())
        .anyMatch(note -> note.startsWith("validation: 96 %") && note.contains("unknown"))
        .noneMatch(note -> note.startsWith("train:") && note.contains("unknown"));
  }

  @Test
  void notesADetectedColumnIfThereAreOthers() throws IOException {
    Path table = Files.writeString(folder.resolve("names.tsv"), "id\ttext\n1\tab\n2\tba\n");

    assertThat(data(table.toString(), 0, 6, null).open(context()).notes())
        .contains("train: text column \"text\"; other columns: id");
  }

  @Test
  void splitsALongTextBeforeWhiteSpace() throws IOException {
    String text = "word\n\n  more\tof it\r\nand on \n\r\n".repeat(100_000);

    List<String> pieces = pieces(text);

    assertThat(String.join("", pieces)).isEqualTo(text);
    assertThat(pieces).hasSizeGreaterThan(2);
    assertThat(pieces.subList(0, pieces.size() - 1))
        .noneMatch(piece -> piece.substring(piece.length() - 1).isBlank());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "One.\n\nTwo\r\n\r\nthree \n\n\nfour\n",
        "Every line ends\nwith a \nspace . \n",
        "no line has an end ",
        "one\nword\na\nline\n\n",
        "no\u00a0break\u2003or  wide\u3000\u3000spaces\u0085"
      })
  void gpt2TokensOfThePiecesEqualThoseOfTheWholeText(String repeated) throws IOException {
    Path tokenizer = SharedFiles.find("tokenizers/gpt2/tokenizer.json");
    List<String> pieces = pieces(repeated.repeat((3 << 20) / repeated.length()));
    assertThat(pieces).hasSizeGreaterThan(2);

    try (HuggingFaceTokenizer gpt2 =
        HuggingFaceTokenizer.newInstance(
            tokenizer, Map.of("truncation", "do_not_truncate", "padding", "false"))) {
      for (int i = 1; i < pieces.size(); i++) {
        String before = pieces.get(i - 1).substring(pieces.get(i - 1).length() - 200);
        String after = pieces.get(i).substring(0, Math.min(200, pieces.get(i).length()));
        List<Long> separate = new ArrayList<>(ids(gpt2, before));
        separate.addAll(ids(gpt2, after));
        assertThat(separate).isEqualTo(ids(gpt2, before + after));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", " ", " \n", "\ud83d\ude00"})
  void aTextWithoutWhiteSpaceIsSplitAnyway(String repeated) throws IOException {
    String text = "x" + repeated.repeat((11 << 20) / repeated.length());

    List<String> pieces = pieces(text);

    assertThat(pieces).hasSizeBetween(3, 5);
    assertThat(pieces).allMatch(piece -> piece.length() <= 5 << 20);
    assertThat(pieces).noneMatch(piece -> Character.isLowSurrogate(piece.charAt(0)));
    assertThat(String.join("", pieces).equals(text)).as("the same text").isTrue();
  }

  @Test
  void aCountOfOneIsSingular() throws IOException {
    try (DataSplits splits = open("a", 0, 5)) { // plus the end-of-text token
      assertThat(splits.notes()).contains("train text: 2 tokens", "train: 1 example");
    }
  }

  private List<String> pieces(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("long.txt"), text);
    List<String> pieces = new ArrayList<>();
    new Documents(TableSource.of(file), null).read((piece, endsDocument) -> pieces.add(piece));
    return pieces;
  }

  private static List<Long> ids(HuggingFaceTokenizer tokenizer, String text) {
    return LongStream.of(tokenizer.encode(text, false, false).getIds()).boxed().toList();
  }

  @Test
  void aDamagedGzipFileIsRejectedByName() throws IOException {
    Path file = Files.writeString(folder.resolve("text.txt.gz"), "no gzip");
    assertThatThrownBy(() -> data(file.toString(), 0, 5, null).open(context()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file + " is not a complete gzip file");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write("some text that is long enough to cut".getBytes(StandardCharsets.UTF_8));
    }
    Files.write(file, Arrays.copyOf(bytes.toByteArray(), bytes.size() / 2));
    assertThatThrownBy(() -> data(file.toString(), 0, 5, null).open(context()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file + " is not a complete gzip file");
  }

  @Test
  void damagedIdsAreRecreated() throws IOException {
    long[] expected = firstIds("abcabc");
    try (Stream<Path> found = Files.walk(folder.resolve("cache"))) {
      for (Path ids : found.filter(file -> file.toString().endsWith(".ids")).toList()) {
        Files.write(ids, new byte[3]);
      }
    }

    assertThat(firstIds("abcabc")).isEqualTo(expected);
  }

  private long[] firstIds(String text) throws IOException {
    HostBatch first = open(text, 0, 5).train().collate(new long[] {0});
    return first.tensors().get(Batch.IDS).longs();
  }

  @Test
  void theFingerprintDependsOnTheTokens() throws IOException {
    assertThat(open("abc", 0, 2).fingerprint())
        .isEqualTo(open("abc", 0, 2).fingerprint())
        .isNotEqualTo(open("abd", 0, 2).fingerprint());
  }

  @Test
  void theFingerprintDependsOnLengthAndValidationShare() throws IOException {
    String text = "a".repeat(40);
    String before = open(text, 0.1, 5).fingerprint();

    assertThat(open(text, 0.1, 4).fingerprint()).isNotEqualTo(before);
    assertThat(open(text, 0.2, 5).fingerprint()).isNotEqualTo(before);
    assertThat(open(text, 0.1, 5).fingerprint()).isEqualTo(before);
  }

  @Test
  void theFingerprintHasAHashForEachSplit() throws IOException {
    String[] before = fingerprint("abc", "ab");

    String[] after = fingerprint("abc", "bab");

    assertThat(before).hasSize(3);
    assertThat(before[1]).matches("train:[0-9a-f]{16}");
    assertThat(after[0]).isNotEqualTo(before[0]);
    assertThat(after[1]).isEqualTo(before[1]);
    assertThat(after[2]).isNotEqualTo(before[2]).startsWith("validation:");
  }

  private String[] fingerprint(String train, String validation) throws IOException {
    Files.writeString(folder.resolve("train.txt"), train);
    Files.writeString(folder.resolve("validation.txt"), validation);
    TextGeneration data =
        new TextGeneration(
            new FileSplit("train.txt"), new FileSplit("validation.txt"), 0, null, null, 5);
    return data.open(context()).fingerprint().split(" ");
  }

  @Test
  void wordTokensAreRejected() {
    assertThatThrownBy(() -> data("a.txt", 0, 6, TokenizerSettings.defaults()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("tokenizer.type word");
  }

  @Test
  void anEmptyTextIsRejectedByName() throws IOException {
    assertThatThrownBy(() -> open("", 0, 5))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("text-0.txt is empty");
    Files.writeString(folder.resolve("train.txt"), "abc");
    Files.writeString(folder.resolve("validation.txt"), "");
    TextGeneration data =
        new TextGeneration(
            new FileSplit("train.txt"), new FileSplit("validation.txt"), 0, null, null, 5);
    assertThatThrownBy(() -> data.open(context()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("validation.txt is empty");
  }

  private DataSplits open(String text, double share, int length) throws IOException {
    Path file = folder.resolve("text-" + text.hashCode() + ".txt");
    Files.writeString(file, text);
    return data(file.toString(), share, length, null).open(context());
  }

  private static TextGeneration data(
      String path, double share, int length, TokenizerSettings tokenizer) {
    return new TextGeneration(new FileSplit(path), null, share, null, tokenizer, length);
  }

  private DataContext context() {
    return new DataContext(folder.resolve("cache"), folder::resolve, 100, 17);
  }
}
