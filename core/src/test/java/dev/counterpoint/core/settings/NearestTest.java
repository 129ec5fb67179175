package dev.counterpoint.core.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NearestTest {
  private static final List<String> KNOWN = List.of("adam", "adamw", "sgd", "learningRate");

  @ParameterizedTest
  @CsvSource({
    "adamv,adamw",
    "AdamW,adamw",
    "sdg,sgd",
    "lerningRate,learningRate",
    "learning_rate,learningRate"
  })
  void findsASimilarName(String written, String meant) {
    assertThat(Nearest.to(written, KNOWN)).contains(meant);
  }

  @ParameterizedTest
  @CsvSource({"momentum", "x", "sg_d_x", "''"})
  void returnsNothingForADissimilarName(String written) {
    assertThat(Nearest.to(written, KNOWN)).isEmpty();
  }

  @Test
  void returnsNothingIfNoNamesAreKnown() {
    assertThat(Nearest.to("a", List.of())).isEmpty();
  }
}
