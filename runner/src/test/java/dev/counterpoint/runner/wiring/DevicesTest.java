package dev.counterpoint.runner.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.counterpoint.core.settings.InvalidSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DevicesTest {
  @ParameterizedTest
  @CsvSource({"auto, 0, 0", "auto, 1, 1", "gpu, 1, 1", "gpu, 2, 0", "gpu, 3, 1", "gpu:1, 0, 1"})
  void gpusAreAssignedToLocalRanksCyclically(String name, int localRank, int gpu) {
    assertThat(Devices.named(name, localRank, 2)).isEqualTo(Device.gpu(gpu));
  }

  @Test
  void autoIsTheCpuWithoutGpus() {
    assertThat(Devices.named("auto", 1, 0)).isEqualTo(Device.cpu());
  }

  @Test
  void unavailableGpuIsRejected() {
    assertThatThrownBy(() -> Devices.named("gpu:2", 0, 2))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("device gpu:2 ")
        .hasMessageContaining("2 GPU(s)");
    assertThatThrownBy(() -> Devices.named("gpu", 0, 0))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("no GPU")
        .hasMessageContaining("auto or cpu");
  }
}
