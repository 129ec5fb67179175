package dev.counterpoint.core.data;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;
import org.junit.jupiter.api.Test;

class DataSpecTest {
  @Test
  void equalLabelsAreRejected() {
    assertThatThrownBy(() -> DataSpec.ofFeatures(2, List.of("a", "b", "a")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("a, b, a");
  }

  @Test
  void aNegativeVocabularySizeIsRejected() {
    assertThatThrownBy(() -> DataSpec.ofText(-1, 0, List.of()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("-1");
  }
}
