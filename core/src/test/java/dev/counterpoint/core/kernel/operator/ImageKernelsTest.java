package dev.counterpoint.core.kernel.operator;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Autograd;
import dev.counterpoint.core.kernel.Torch;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ImageKernelsTest {
  private static final float ERROR = 1e-5f;

  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void convolutionIsTheSumOfShiftedProducts() {
    List<NDArray> inputs =
        List.of(
            Autograd.normal(manager, 1, 2, 3, 6, 5),
            Autograd.normal(manager, 2, 4, 3, 3, 3),
            Autograd.normal(manager, 3, 4));

    Autograd.compare(
        it -> Functional.conv2d(it.get(0), it.get(1), it.get(2), 1, 0),
        it -> shifted(it.get(0), it.get(1), it.get(2)),
        inputs,
        ERROR);
  }

  private static NDArray shifted(NDArray x, NDArray weight, NDArray bias) {
    NDArray sum = bias.reshape(1, 4, 1);
    for (int row = 0; row < 3; row++) {
      for (int column = 0; column < 3; column++) {
        NDArray part =
            x.get(":, :, %d:%d, %d:%d".formatted(row, row + 4, column, column + 3))
                .reshape(2, 3, 12);
        sum = sum.add(weight.get(":, :, %d, %d".formatted(row, column)).matMul(part));
      }
    }
    return sum.reshape(2, 4, 4, 3);
  }

  @Test
  void strideAndPaddingSelectPatches() {
    NDArray x = Autograd.normal(manager, 1, 2, 1, 4, 4);
    NDArray zeros = manager.zeros(new Shape(2, 1, 4, 1));
    List<NDArray> inputs =
        List.of(x, Autograd.normal(manager, 2, 3, 1, 2, 2), manager.zeros(new Shape(3)));

    Autograd.compare(
        it -> Functional.conv2d(it.get(0), it.get(1), it.get(2), 2, 1),
        it -> {
          NDArray wide = NDArrays.concat(new NDList(zeros, it.get(0), zeros), 3);
          NDArray row = manager.zeros(new Shape(2, 1, 1, 6));
          NDArray padded = NDArrays.concat(new NDList(row, wide, row), 2);
          NDArray patches = padded.reshape(2, 3, 2, 3, 2).transpose(0, 1, 3, 2, 4).reshape(2, 9, 4);
          NDArray products = patches.matMul(it.get(1).reshape(3, 4).transpose());
          return products.transpose(0, 2, 1).reshape(2, 3, 3, 3).add(it.get(2).reshape(3, 1, 1));
        },
        inputs,
        ERROR);
  }

  @Test
  void groupsOfChannelsAreNormalized() {
    List<NDArray> inputs =
        List.of(
            Autograd.normal(manager, 1, 2, 4, 3, 5),
            Autograd.normal(manager, 2, 4),
            Autograd.normal(manager, 3, 4));

    Autograd.compare(
        it -> Functional.groupNorm(it.get(0), it.get(1), it.get(2), 2, 1e-5),
        it -> {
          NDArray groups = it.get(0).reshape(2, 2, 30);
          NDArray centered = groups.sub(groups.mean(new int[] {2}, true));
          NDArray variance = centered.square().mean(new int[] {2}, true);
          NDArray normalized = centered.div(variance.add(1e-5).sqrt()).reshape(2, 4, 3, 5);
          return normalized.mul(it.get(1).reshape(4, 1, 1)).add(it.get(2).reshape(4, 1, 1));
        },
        inputs,
        ERROR);
  }
}
