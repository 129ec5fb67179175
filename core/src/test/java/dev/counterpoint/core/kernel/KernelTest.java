package dev.counterpoint.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.operator.AttentionKernel;
import dev.counterpoint.core.kernel.operator.Functional;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class KernelTest {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void kernelReadsConstantsOfEveryType() {
    Map<String, Object> constants =
        Map.of("rate", 0.125, "count", -3_000_000_000L, "on", true, "word", "tanh");

    NDArray result = Kernel.load("constants", constants).apply(manager.zeros(new Shape(4))).get(0);

    assertThat(result.toDoubleArray()).containsExactly(0.125, -3e9, 1, 4);
  }

  @Test
  void kernelIsLoadedOncePerSetOfConstants() {
    assertThat(Kernel.load("constants", constants(0.5)))
        .isSameAs(Kernel.load("constants", constants(0.5)));
    assertThat(Kernel.load("constants", constants(0.5)))
        .isNotSameAs(Kernel.load("constants", constants(0.6)));
  }

  private static Map<String, Object> constants(double rate) {
    return Map.of("rate", rate, "count", 1L, "on", false, "word", "");
  }

  @Test
  void loadErrorHasKernelNameAndLibtorchMessage() {
    assertThatThrownBy(() -> Kernel.load("broken"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("kernel broken")
        .hasMessageContaining("no_such_operator");
  }

  @Test
  void missingKernelSourceIsReportedByName() {
    assertThatThrownBy(() -> Kernel.load("absent"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("absent.py");
  }

  @Test
  void inputCanHaveAnyName() {
    NDArray named = manager.ones(new Shape(2));
    named.setName("blocks.weight");

    assertThat(Functional.gelu(named).getShape()).isEqualTo(new Shape(2));
  }

  @Test
  void resultsBelongToTheManagerOfTheFirstInputAndTheOpenScope() {
    NDArray input = manager.ones(new Shape(2));
    NDArray result;
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      result = Functional.gelu(input);
      assertThat(result.getManager()).isSameAs(manager);
    }

    assertThat(result.isReleased()).isTrue();
    assertThat(input.isReleased()).isFalse();
  }

  @Test
  void callsAreRecordedOnlyIfTheThreadRecords() {
    NDArray input = manager.ones(new Shape(2));
    input.setRequiresGradient(true);
    NDArray unrecorded;
    try (Torch.Recording noGradients = Torch.noGradients()) {
      unrecorded = Functional.gelu(input).sum();
    }
    assertThatThrownBy(() -> Torch.backward(unrecorded)).isInstanceOf(EngineException.class);

    try (Torch.Recording recording = Torch.recordGradients()) {
      Torch.backward(Functional.gelu(input).sum());
    }
    assertThat(input.getGradient().toFloatArray()).doesNotContain(0);
  }

  @Test
  void allCallsGiveTheSameBits() throws Exception {
    Autograd first = dropoutAttention();
    for (int call = 0; call < 10; call++) {
      assertSameBits(dropoutAttention(), first);
    }
    CompletableFuture.runAsync(
            () -> {
              for (int call = 0; call < 10; call++) {
                assertSameBits(dropoutAttention(), first);
              }
            },
            command -> new Thread(command).start())
        .get();
  }

  @Test
  void kernelCanBeCalledConcurrently() {
    NDArray x = Autograd.normal(manager, 1, 2, 16, 16);
    AttentionKernel kernel = new AttentionKernel(2, true, 0, Precision.FLOAT32);
    float[] expected = kernel.attend(x, x, x, null, null).x().toFloatArray();

    List<float[]> results =
        IntStream.range(0, 64)
            .parallel()
            .mapToObj(call -> kernel.attend(x, x, x, null, null).x().toFloatArray())
            .toList();

    assertThat(results).hasSize(64).allSatisfy(it -> assertThat(it).containsExactly(expected));
  }

  private Autograd dropoutAttention() {
    AttentionKernel kernel = new AttentionKernel(2, true, 0.3, Precision.FLOAT32);
    NDArray mask = manager.ones(new Shape(2, 16));
    List<NDArray> inputs =
        List.of(
            Autograd.normal(manager, 1, 2, 16, 16),
            Autograd.normal(manager, 2, 2, 16, 16),
            Autograd.normal(manager, 3, 2, 16, 16));
    Torch.seed(4);
    return Autograd.of(
        it ->
            Functional.geluTanh(kernel.attend(it.get(0), it.get(1), it.get(2), mask, null).x())
                .add(kernel.attend(it.get(0), it.get(1), it.get(2), null, null).x()),
        inputs);
  }

  private static void assertSameBits(Autograd actual, Autograd expected) {
    assertThat(actual.result()).containsExactly(expected.result());
    for (int i = 0; i < 3; i++) {
      assertThat(actual.gradients().get(i)).containsExactly(expected.gradients().get(i));
    }
  }
}
