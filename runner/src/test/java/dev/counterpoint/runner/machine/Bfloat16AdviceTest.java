package dev.counterpoint.runner.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.kernel.Processor;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.models.transformer.TransformerConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class Bfloat16AdviceTest {
  private static final Processor WITH = new Processor("x", 2, true, true, true, List.of());
  private static final Processor WITHOUT = new Processor("x", 2, true, true, false, List.of());

  @ParameterizedTest
  @CsvSource({"100, 400, up to 4.0 times as fast", "100, 110, would not be faster"})
  void adviceStatesWhetherBfloat16IsFaster(double float32, double bfloat16, String expected) {
    assertThat(Bfloat16Advice.of(WITH, new MatmulSpeeds(float32, bfloat16)))
        .startsWith("in hardware; ")
        .contains(expected);
  }

  @Test
  void adviceStatesMissingHardwareSupport() {
    assertThat(Bfloat16Advice.of(WITHOUT, new MatmulSpeeds(100, 30)))
        .startsWith("not in hardware; ")
        .contains("not be faster");
  }

  @Test
  void noAdviceAgainstAWideModelWithHardwareSupport() {
    assertThat(Bfloat16Advice.against(model(128), WITH)).isEmpty();
  }

  @Test
  void adviceAgainstANarrowModel() {
    assertThat(Bfloat16Advice.against(model(64), WITH))
        .hasValueSatisfying(
            advice -> assertThat(advice).contains("too small", "64", "128", "float32"));
  }

  @Test
  void adviceAgainstAProcessorWithoutHardwareSupport() {
    assertThat(Bfloat16Advice.against(model(128), WITHOUT))
        .hasValueSatisfying(advice -> assertThat(advice).contains("bfloat16 in hardware"));
  }

  private static BaseModel model(int width) {
    TransformerConfig config =
        RecordCopy.with(
            TransformerConfig.defaults(), Map.of("width", width, "layers", 1, "maxLength", 8));
    return config.build(DataSpec.ofText(500, 0, List.of("a", "b")));
  }
}
