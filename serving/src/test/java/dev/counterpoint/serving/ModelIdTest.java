package dev.counterpoint.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ModelIdTest {
  @Test
  void nameVersionAndAliasAreRead() {
    assertThat(ModelId.parse("fraud")).isEqualTo(new ModelId("fraud", null, null));
    assertThat(ModelId.parse("fraud/7")).isEqualTo(new ModelId("fraud", 7, null));
    assertThat(ModelId.parse("fraud@champion")).isEqualTo(new ModelId("fraud", null, "champion"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fraud", "fraud/7", "fraud@champion"})
  void textIsThatWhichWasRead(String text) {
    assertThat(ModelId.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "fraud/",
        "fraud/0",
        "fraud/x",
        "fraud@",
        "../x",
        "a b",
        "a/1@b",
        "a/1234567890"
      })
  void otherTextsAreRejected(String text) {
    assertThatThrownBy(() -> ModelId.parse(text)).isInstanceOf(InvalidSettings.class);
  }
}
