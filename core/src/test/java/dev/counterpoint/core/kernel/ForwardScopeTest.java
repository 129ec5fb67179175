package dev.counterpoint.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ForwardScopeTest {
  @Test
  void scalarLivesUntilTheBackwardPass() {
    assertThat(gradient(leaf -> leaf.mul(3))).containsExactly(3, 3, 3);
  }

  @Test
  void javaArrayLivesUntilTheBackwardPass() {
    assertThat(gradient(leaf -> leaf.mul(leaf.getManager().create(new float[] {1, 2, 3}))))
        .containsExactly(1, 2, 3);
  }

  @Test
  void arraysAreClosedWithTheScope() {
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      NDArray outside = manager.ones(new Shape(3));
      NDArray inside;
      try (ForwardScope scope = new ForwardScope()) {
        inside = outside.mul(2);
      }

      assertThat(inside.isReleased()).isTrue();
      assertThat(outside.isReleased()).isFalse();
    }
  }

  /** The gradient of a function's sum at ones, after freed memory has been reused. */
  private static float[] gradient(UnaryOperator<NDArray> function) {
    try (NDManager manager = Torch.newManager(Device.cpu());
        ForwardScope scope = new ForwardScope();
        Torch.Recording recording = Torch.recordGradients()) {
      NDArray leaf = manager.ones(new Shape(3));
      leaf.setRequiresGradient(true);
      NDArray scalar = function.apply(leaf).sum();
      System.gc();
      List<ByteBuffer> overwritten =
          IntStream.range(0, 2_000)
              .mapToObj(i -> ByteBuffer.allocateDirect(12).putInt(-1).putInt(-1).putInt(-1))
              .toList();
      try (NativeList leaves = NativeList.of(List.of(leaf));
          NativeList gradients = Torch.gradients(scalar, leaves).arrays()) {
        assertThat(overwritten).hasSize(2_000);
        return gradients.get(0).toFloatArray();
      }
    }
  }
}
