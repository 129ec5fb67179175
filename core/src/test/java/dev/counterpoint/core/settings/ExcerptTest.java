package dev.counterpoint.core.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExcerptTest {
  @Test
  void longTextsAreCut() {
    assertThat(Excerpt.of("x".repeat(1_000_000))).hasSize(123).endsWith("...");
    assertThat(Excerpt.ofItem("x".repeat(41))).isEqualTo("x".repeat(40) + "...");
    assertThat(Excerpt.ofItem("x".repeat(40))).isEqualTo("x".repeat(40));
  }

  @Test
  void aPairOfSurrogatesIsNotCut() {
    assertThat(Excerpt.ofItem("x".repeat(39) + "😀")).isEqualTo("x".repeat(39) + "...");
  }

  @Test
  void invisibleCharactersAreNamed() {
    assertThat(Excerpt.of("pos\u00a0\u200b\ufeff\n"))
        .isEqualTo("pos<U+00A0><U+200B><U+FEFF><U+000A>");
  }

  @Test
  void longListsNameTheFirstItems() {
    List<String> columns = IntStream.range(0, 5_000).mapToObj(i -> "column" + i).toList();

    assertThat(Excerpt.ofList(columns)).startsWith("column0, column1").endsWith(", and 4,990 more");
    assertThat(Excerpt.ofList(Collections.nCopies(3, "x".repeat(500)))).hasSizeLessThan(200);
    assertThat(Excerpt.ofList(List.of("a", "b"))).isEqualTo("a, b");
  }

  @Test
  void textsThatLookAlikeHaveTheSameAppearance() {
    for (String same : List.of("café", "cafe\u0301", "café\u00a0", "\u200bcafé", "ca\u00adfé")) {
      assertThat(Excerpt.appearance(same)).isEqualTo("café");
    }
    assertThat(Excerpt.appearance("new york")).isNotEqualTo(Excerpt.appearance("newyork"));
  }
}
