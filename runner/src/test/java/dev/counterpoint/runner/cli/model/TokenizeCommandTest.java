package dev.counterpoint.runner.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.runner.cli.Terminal;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizeCommandTest {
  private static final String VOCABULARY = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nroom\n##s\n";

  @TempDir Path folder;
  private final Terminal terminal = new Terminal();

  @BeforeEach
  void writeTokenizer() throws IOException {
    Files.writeString(folder.resolve("vocab.txt"), VOCABULARY);
  }

  @Test
  void printsIdPositionAndTokenOfEachText() {
    assertThat(terminal.run("tokenize", folder.toString(), "The rooms", "x\t")).isZero();

    assertThat(terminal.out().lines())
        .containsExactly(
            "2\t-\t[CLS]",
            "5\t0-3\tthe",
            "6\t4-8\troom",
            "7\t8-9\t##s",
            "3\t-\t[SEP]",
            "",
            "2\t-\t[CLS]",
            "1\t0-1\t[UNK]",
            "3\t-\t[SEP]");
  }

  @Test
  void jsonHasTokensIdsAndOffsetsInCodePoints() throws IOException {
    assertThat(terminal.run("tokenize", folder.toString(), "--json", "\ud83d\ude00 room")).isZero();

    JsonNode object = new ObjectMapper().readTree(terminal.out());
    assertThat(object.path("text").asText()).isEqualTo("\ud83d\ude00 room");
    assertThat(object.path("tokens").toString())
        .isEqualTo("[\"[CLS]\",\"[UNK]\",\"room\",\"[SEP]\"]");
    assertThat(object.path("ids").toString()).isEqualTo("[2,1,6,3]");
    assertThat(object.path("offsets").toString()).isEqualTo("[null,[0,1],[2,6],null]");
  }

  @Test
  void readsTheLinesOfStandardInput() {
    assertThat(withInput("room\nthe\n".getBytes(StandardCharsets.UTF_8), "--json")).isZero();

    assertThat(terminal.out().lines())
        .extracting(line -> new ObjectMapper().readTree(line).path("ids").toString())
        .containsExactly("[2,6,3]", "[2,5,3]");
  }

  @Test
  void aLineThatIsNotUtf8IsRejectedByNumber() {
    assertThat(withInput(new byte[] {'a', '\n', (byte) 0xE9, '\n'})).isEqualTo(2);

    assertThat(terminal.err()).contains("ine 2");
  }

  @Test
  void aModelFolderOfARunIsFound() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    Files.writeString(model.resolve("vocab.txt"), VOCABULARY + "rooms\n");

    assertThat(terminal.run("tokenize", folder.toString(), "rooms")).isZero();

    assertThat(terminal.out()).contains("8\t0-5\trooms");
  }

  @Test
  void aFolderWithoutATokenizerIsRejected() throws IOException {
    Files.delete(folder.resolve("vocab.txt"));

    assertThat(terminal.run("tokenize", folder.toString(), "a")).isEqualTo(2);

    assertThat(terminal.err()).contains(folder.toString(), "tokenizer.json");
  }

  @Test
  void aVocabularyWithoutUnknownTokenIsRejected() throws IOException {
    Files.writeString(folder.resolve("vocab.txt"), VOCABULARY.replace("[UNK]", "zz"));

    assertThat(terminal.run("tokenize", folder.toString(), "unknown")).isEqualTo(2);

    assertThat(terminal.err()).contains("vocab.txt", "[UNK]");
  }

  private int withInput(byte[] input, String... options) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(input));
    try {
      String[] arguments = new String[options.length + 2];
      arguments[0] = "tokenize";
      arguments[1] = folder.toString();
      System.arraycopy(options, 0, arguments, 2, options.length);
      return terminal.run(arguments);
    } finally {
      System.setIn(before);
    }
  }
}
