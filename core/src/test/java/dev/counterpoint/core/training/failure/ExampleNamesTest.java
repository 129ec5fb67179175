package dev.counterpoint.core.training.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ExampleNamesTest {
  @Test
  void aFileIsNamedOnceWithItsLines() {
    assertThat(ExampleNames.of(List.of("/a b/clean.csv line 114", "/a b/clean.csv line 87"), 30))
        .isEqualTo("/a b/clean.csv lines 114, 87 and 30 more");
  }

  @Test
  void filesAreSetApart() {
    assertThat(ExampleNames.of(List.of("a.csv line 1", "b.csv line 2", "a.csv line 3"), 0))
        .isEqualTo("a.csv lines 1, 3; b.csv line 2");
    assertThat(ExampleNames.of(List.of("a.csv line 1", "b.csv line 2"), 4))
        .isEqualTo("a.csv line 1; b.csv line 2; and 4 more");
  }

  @Test
  void examplesWithoutAFileHaveTheirNumbers() {
    assertThat(ExampleNames.of(List.of("item 3", "item 5"), 0)).isEqualTo("examples 3, 5");
  }

  @Test
  void anOriginOfAnotherKindIsLeftAsItIs() {
    assertThat(ExampleNames.of(List.of("cat-17.png", "set.json question 5a"), 0))
        .isEqualTo("cat-17.png; set.json question 5a");
  }
}
