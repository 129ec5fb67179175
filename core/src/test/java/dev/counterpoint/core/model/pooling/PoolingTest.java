package dev.counterpoint.core.model.pooling;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Torch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PoolingTest {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  static Stream<Arguments> kinds() {
    return Stream.of(
        Arguments.of(new MeanPooling(), new float[] {2, -2}, new float[] {4, -4}),
        Arguments.of(new MaxPooling(), new float[] {3, -1}, new float[] {8, -1}),
        Arguments.of(new FirstPooling(), new float[] {1, -1}, new float[] {1, -1}),
        Arguments.of(new LastPooling(), new float[] {3, -3}, new float[] {8, -8}));
  }

  /** Tokens (1, -1), (3, -3) and (8, -8), of which the last one is padding in a masked batch. */
  @ParameterizedTest
  @MethodSource("kinds")
  void paddingDoesNotCount(PoolingConfig config, float[] masked, float[] unmasked) {
    NDArray x = manager.create(new float[] {1, -1, 3, -3, 8, -8}, new Shape(1, 3, 2));
    NDArray mask = manager.create(new float[] {1, 1, 0}, new Shape(1, 3));
    Pooling pooling = config.build(2);

    assertThat(pooling.forward(x, mask).toFloatArray()).containsExactly(masked);
    assertThat(pooling.forward(x, null).toFloatArray()).containsExactly(unmasked);
    assertThat(pooling.forward(x, mask.onesLike()).toFloatArray()).containsExactly(unmasked);
  }
}
