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
  void aNumberIsThereUntilTheBackwardPassHasReadIt() {
    assertThat(gradient(leaf -> leaf.mul(3))).containsExactly(3, 3, 3);
  }

  @Test
  void numbersFromAJavaArrayAreThereUntilTheBackwardPassHasReadThem() {
    assertThat(gradient(leaf -> leaf.mul(leaf.getManager().create(new float[] {1, 2, 3}))))
        .containsExactly(1, 2, 3);
  }

  @Test
  void itsArraysAreClosedWithIt() {
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      NDArray before = manager.ones(new Shape(3));
      NDArray inside;
      try (ForwardScope scope = new ForwardScope()) {
        inside = before.mul(2);
      }

      assertThat(inside.isReleased()).isTrue();
      assertThat(before.isReleased()).isFalse();
    }
  }

  /** The gradient of a function's sum at ones, where memory that is free has been used again. */
  private static float[] gradient(UnaryOperator<NDArray> function) {
    try (NDManager manager = Torch.newManager(Device.cpu());
        ForwardScope scope = new ForwardScope();
        Torch.Recording on = Torch.recordGradients()) {
      NDArray leaf = manager.ones(new Shape(3));
      leaf.setRequiresGradient(true);
      NDArray scalar = function.apply(leaf).sum();
      System.gc();
      List<ByteBuffer> others =
          IntStream.range(0, 2_000)
              .mapToObj(i -> ByteBuffer.allocateDirect(12).putInt(-1).putInt(-1).putInt(-1))
              .toList();
      try (NativeList leaves = NativeList.of(List.of(leaf));
          NativeList gradients = Torch.gradients(scalar, leaves).arrays()) {
        assertThat(others).hasSize(2_000);
        return gradients.get(0).toFloatArray();
      }
    }
  }
}
