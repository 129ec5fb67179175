package dev.counterpoint.runner.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ParagraphTest {
  @Test
  void aLineIsBrokenBetweenWords() {
    assertThat(Paragraph.of("a name and more", 8, 0)).isEqualTo("a name\nand more");
  }

  @Test
  void furtherLinesHangBelowTheText() {
    assertThat(Paragraph.of("a  name and more", 8, 3)).isEqualTo("a  name\n   and\n   more");
  }

  @Test
  void aWordThatIsTooLongHasALineOfItsOwn() {
    assertThat(Paragraph.of("in encoder.layers.0.bias of it", 8, 0))
        .isEqualTo("in\nencoder.layers.0.bias\nof it");
  }

  @Test
  void theUsualLineLeavesTheLastOfEightyColumnsFree() {
    assertThat(Paragraph.of("word ".repeat(40).strip()).lines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThan(80))
        .first()
        .asString()
        .hasSize(79);
  }
}
