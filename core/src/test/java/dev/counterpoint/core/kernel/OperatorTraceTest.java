package dev.counterpoint.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

final class OperatorTraceTest {
  private static final Shape SHAPE = new Shape(64, 64);
  private static final int BYTES = 64 * 64 * Float.BYTES;

  @Test
  void theMemoryOfAnArrayIsThatOfItsOperator() {
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      NDArray x = manager.ones(SHAPE);

      OperatorTrace trace = OperatorTrace.of(() -> x.square().exp());

      assertThat(trace.operators()).extracting("name").contains("aten::square", "aten::exp");
      double[] memory = trace.memory();
      assertThat(memory).hasSize(trace.operators().size());
      assertThat(memory[memory.length - 1]).isEqualTo(2 * BYTES);
    }
  }

  @Test
  void marksAreReachedInReverseOrder() {
    try (NDManager manager = Torch.newManager(Device.cpu());
        ForwardScope scope = ForwardScope.record(1)) {
      NDArray x = manager.ones(SHAPE);
      x.setRequiresGradient(true);
      NDArray y = BackwardTrace.mark(x.mul(2));
      NDArray z = BackwardTrace.mark(y.square()).sum();

      BackwardTrace trace;
      try (NativeList leaves = NativeList.of(List.of(x))) {
        trace = BackwardTrace.of(() -> Torch.gradients(z, leaves).arrays().close());
      }

      assertThat(trace.marks()).hasSize(2).noneMatch(BackwardTrace.Mark::recomputed);
      assertThat(trace.marks().get(0).second())
          .isPositive()
          .isLessThan(trace.marks().get(1).second());
      assertThat(trace.seconds()).isGreaterThan(trace.marks().get(1).second());
    }
  }

  @Test
  void anArrayWithoutGradientIsNotMarked() {
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      NDArray x = manager.ones(SHAPE);

      assertThat(BackwardTrace.mark(x)).isSameAs(x);
    }
  }
}
