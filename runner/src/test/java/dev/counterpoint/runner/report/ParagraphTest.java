package dev.counterpoint.runner.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ParagraphTest {
  @Test
  void linesAreWrappedBetweenWords() {
    assertThat(Paragraph.of("a name and more", 8, 0)).isEqualTo("a name\nand more");
  }

  @Test
  void furtherLinesAreIndented() {
    assertThat(Paragraph.of("a  name and more", 8, 3)).isEqualTo("a  name\n   and\n   more");
  }

  @Test
  void tooLongWordGetsItsOwnLine() {
    assertThat(Paragraph.of("in encoder.layers.0.bias of it", 8, 0))
        .isEqualTo("in\nencoder.layers.0.bias\nof it");
  }

  @Test
  void defaultWidthLeavesLastOfEightyColumnsFree() {
    assertThat(Paragraph.of("word ".repeat(40).strip()).lines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThan(80))
        .first()
        .asString()
        .hasSize(79);
  }
}
