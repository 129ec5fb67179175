package dev.counterpoint.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ProcessorTest {
  @Test
  void parsesX86Flags() {
    Processor processor =
        Processor.parse(
            List.of(
                "processor\t: 0",
                "model name\t: AMD EPYC",
                "flags\t\t: fpu sse avx avx2 avx512f avx512_bf16",
                "",
                "processor\t: 1"),
            2);

    assertThat(processor)
        .isEqualTo(
            new Processor(
                "AMD EPYC", 2, true, true, true, List.of("avx", "avx2", "avx512_bf16", "avx512f")));
  }

  @Test
  void missingX86FlagsAreFalse() {
    Processor processor = Processor.parse(List.of("model name : Xeon", "flags : fpu avx avx2"), 4);

    assertThat(processor)
        .isEqualTo(new Processor("Xeon", 4, true, false, false, List.of("avx", "avx2")));
  }

  @Test
  void parsesArmFeatures() {
    Processor processor = Processor.parse(List.of("Features\t: fp asimd sve bf16"), 8);

    assertThat(processor)
        .isEqualTo(new Processor(null, 8, false, false, true, List.of("asimd", "bf16", "sve")));
  }

  @Test
  void missingInformationIsNull() {
    assertThat(Processor.parse(List.of(), 1))
        .isEqualTo(new Processor(null, 1, null, null, null, List.of()));
  }

  @ParameterizedTest
  @CsvSource({
    "AMD EPYC 9654, avx2 avx512f, true",
    "AMD EPYC 7763, avx2, false",
    "Intel(R) Xeon(R), avx2 avx512f, false"
  })
  void onlyProcessorsOfAmdHaveAvx512ThatMklDoesNotUse(
      String model, String flags, boolean expected) {
    List<String> cpuinfo = List.of("model name : " + model, "flags : " + flags);

    assertThat(Processor.parse(cpuinfo, 1).isAmdWithAvx512()).isEqualTo(expected);
  }
}
