package dev.counterpoint.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TorchTest {
  @Test
  void aNumberIsThereUntilTheBackwardPassHasReadIt() {
    try (NDManager manager = Torch.newManager(Device.cpu());
        NDScope scope = new NDScope();
        Torch.Recording on = Torch.recordGradients()) {
      scope.suppressNotUsedWarning();
      NDArray leaf = manager.ones(new Shape(3));
      leaf.setRequiresGradient(true);
      NDArray scalar = leaf.mul(Torch.number(leaf, 3)).sum();

      System.gc();
      List<ByteBuffer> others =
          IntStream.range(0, 2_000).mapToObj(i -> ByteBuffer.allocateDirect(4).putInt(-1)).toList();

      assertThat(Torch.gradients(scalar, List.of(leaf)).get(0).toFloatArray())
          .containsExactly(3, 3, 3);
      assertThat(others).hasSize(2_000);
    }
  }
}
