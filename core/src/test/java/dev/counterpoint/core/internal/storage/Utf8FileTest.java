package dev.counterpoint.core.internal.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Utf8FileTest {
  @TempDir Path folder;

  @Test
  void readsUtf8() throws Exception {
    Path file = Files.writeString(folder.resolve("a.txt"), "na\u00efve \ud83d\ude00\n");

    assertThat(Utf8File.read(file)).isEqualTo("na\u00efve \ud83d\ude00\n");
  }

  @ParameterizedTest
  @CsvSource({
    "ISO-8859-1, offset 3, Latin-1",
    "windows-1252, offset 3, Windows-1252",
    "UTF-16, offset 0, UTF-16"
  })
  void anotherEncodingIsRejectedWithFileByteAndEncoding(
      String charset, String offset, String encoding) throws Exception {
    Path file =
        Files.write(folder.resolve("a.txt"), "caf\u00e9 x\n".getBytes(Charset.forName(charset)));

    assertThatThrownBy(() -> Utf8File.read(file))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(file.toString(), offset, encoding);
  }

  @Test
  void gzipWithoutItsExtensionIsNamed() throws Exception {
    Path file = Files.write(folder.resolve("a.tsv"), new byte[] {0x1f, (byte) 0x8b, 8, 0});

    assertThatThrownBy(() -> Utf8File.read(file)).hasMessageContainingAll("a.tsv", "gzip", ".gz");
  }

  @Test
  void anIncompleteCharacterAtTheEndIsRejected() {
    byte[] content = {'a', (byte) 0xC3};

    assertThat(Utf8File.invalidByte(content)).isEqualTo(1);
    assertThat(Utf8File.invalidByte("a\u00e9".getBytes(StandardCharsets.UTF_8))).isEqualTo(-1);
  }
}
