package dev.counterpoint.runner.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ControlCharacterEscaperTest {
  @Test
  void controlCharactersAreEscapedAndOtherTextIsUnchanged() {
    assertThat(ControlCharacterEscaper.of("a\tb\r\nc\u001b[31m"))
        .isEqualTo("a\\tb\\r\\nc\\u001b[31m");
    assertThat(ControlCharacterEscaper.of("caf\u00e9 \ud83d\ude00 \\n"))
        .isEqualTo("caf\u00e9 \ud83d\ude00 \\n");
  }
}
