package dev.counterpoint.core.parameter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.reference.Safetensors;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GradientsTest {
  private static final Safetensors CLIP = Safetensors.read("optim/clip.safetensors");

  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  private Parameter parameter(String name, long... shape) {
    Parameter parameter = Parameter.of(Initializer.ones(), shape);
    parameter.setName(name);
    parameter.initialize(manager, 1);
    return parameter;
  }

  private static double norm(Gradients gradients) {
    return gradients.scaleAndClipNorm(1, Double.POSITIVE_INFINITY);
  }

  /** Runs a backward pass that adds exactly this gradient. */
  private static void add(Gradients gradients, Parameter parameter, NDArray gradient) {
    try (Torch.Recording recording = Torch.recordGradients()) {
      gradients.add(parameter.value().mul(gradient).sum());
    }
  }

  @Test
  void noGradientsBeforeABackwardPass() {
    try (Gradients gradients = new Gradients(List.of(parameter("a", 2)))) {
      assertThat(gradients.accumulated()).isEmpty();
      assertThat(norm(gradients)).isZero();
    }
  }

  @Test
  void backwardPassesAccumulate() {
    Parameter a = parameter("a", 2);
    try (Gradients gradients = new Gradients(List.of(a))) {
      add(gradients, a, manager.create(new float[] {1, 2}));
      add(gradients, a, manager.create(new float[] {10, 20}));

      assertThat(gradients.accumulated().get(0).array().toFloatArray()).containsExactly(11, 22);
    }
  }

  @Test
  void unusedParameterHasNoGradient() {
    Parameter a = parameter("a", 2);
    Parameter b = parameter("b", 3);
    try (Gradients gradients = new Gradients(List.of(a, b))) {
      add(gradients, b, manager.create(new float[] {1, 2, 3}));

      assertThat(gradients.accumulated())
          .extracting(Gradients.Gradient::parameter)
          .containsExactly(b);
      assertThat(gradients.all()).extracting(Gradients.Gradient::parameter).containsExactly(a, b);
    }
  }

  @Test
  void suppliedGradientIsDroppedIfNoRankAddsToIt() {
    Parameter a = parameter("a", 2);
    Parameter b = parameter("b", 3);
    try (Gradients gradients = new Gradients(List.of(a, b))) {
      add(gradients, b, manager.create(new float[] {1, 2, 3}));
      gradients.all().forEach(gradient -> gradient.array().addi(-0.0f));

      assertThat(gradients.accumulated())
          .extracting(Gradients.Gradient::parameter)
          .containsExactly(b);
    }
  }

  @Test
  void zeroAddedByAnotherRankIsAGradient() {
    Parameter a = parameter("a", 2);
    try (Gradients gradients = new Gradients(List.of(a))) {
      gradients.all().get(0).array().addi(0f);

      assertThat(gradients.accumulated()).hasSize(1);
    }
  }

  @Test
  void gradientsOnAGpuAreReducedThroughTheHost() {
    assumeTrue(Engine.getEngine("PyTorch").getGpuCount() > 0, "no GPU available");
    try (NDManager gpu = Torch.newManager(Device.gpu())) {
      Parameter a = Parameter.of(Initializer.ones(), 40);
      a.setName("a");
      a.initialize(gpu, 1);
      try (Gradients gradients = new Gradients(List.of(a))) {
        add(gradients, a, gpu.ones(new Shape(40)));
        gradients.allReduce(1024, buckets -> buckets.get(0).putFloat(0, 7));

        NDArray sum = gradients.accumulated().get(0).array();
        assertThat(sum.getDevice()).isEqualTo(Device.gpu());
        assertThat(sum.toFloatArray()).startsWith(7, 1).hasSize(40);
      }
    }
  }

  @Test
  void reductionPassesAllGradientsInBucketsAndKeepsAbsentOnesAbsent() {
    Parameter a = parameter("a", 40);
    Parameter b = parameter("b", 3);
    try (Gradients gradients = new Gradients(List.of(a, b))) {
      for (int step = 0; step < 2; step++) {
        add(gradients, a, manager.ones(new Shape(40)));
        List<Integer> sizes = new ArrayList<>();
        gradients.allReduce(
            128,
            buckets -> {
              for (ByteBuffer bucket : buckets) {
                sizes.add(bucket.remaining());
                for (int i = 0; i < bucket.remaining(); i += Float.BYTES) {
                  bucket.putFloat(
                      i, 2 * bucket.getFloat(i)); // as if another rank had the same gradients
                }
              }
            });

        assertThat(sizes).containsExactly(128, 128);
        assertThat(gradients.accumulated()).hasSize(1);
        assertThat(gradients.accumulated().get(0).array().toFloatArray()).containsOnly(2);
        gradients.clear();
      }
    }
  }

  @Test
  void parametersThatAreSummedHaveSeparateGradients() {
    Parameter a = parameter("a", 2);
    Parameter b = parameter("b", 2);
    try (Gradients gradients = new Gradients(List.of(a, b))) {
      try (Torch.Recording recording = Torch.recordGradients()) {
        gradients.add(a.value().add(b.value()).square().sum());
      }
      gradients.scaleAndClipNorm(0.5, Double.POSITIVE_INFINITY);

      assertThat(gradients.all())
          .allSatisfy(
              gradient -> assertThat(gradient.array().toFloatArray()).containsExactly(2, 2));
    }
  }

  @Test
  void broadcastGradientCanBeModifiedInPlace() {
    Parameter a = parameter("a", 3);
    try (Gradients gradients = new Gradients(List.of(a))) {
      try (Torch.Recording recording = Torch.recordGradients()) {
        gradients.add(a.value().sum());
      }
      gradients.all().get(0).array().addi(manager.create(new float[] {1, 2, 3}));

      assertThat(gradients.all().get(0).array().toFloatArray()).containsExactly(2, 3, 4);
    }
  }

  @Test
  void zeroGradientIsAGradient() {
    Parameter a = parameter("a", 2);
    try (Gradients gradients = new Gradients(List.of(a))) {
      add(gradients, a, manager.zeros(new Shape(2)));

      assertThat(gradients.accumulated()).hasSize(1);
    }
  }

  @Test
  void gradientThatStartsWithNegativeZeroIsAGradient() {
    Parameter a = parameter("a", 2);
    try (Gradients gradients = new Gradients(List.of(a))) {
      add(gradients, a, manager.create(new float[] {-0.0f, 1}));

      assertThat(gradients.accumulated()).hasSize(1);
    }
  }

  @Test
  void gradientThatUnderflowsTheNormIsAGradient() {
    Parameter a = parameter("a", 2);
    try (Gradients gradients = new Gradients(List.of(a))) {
      add(gradients, a, manager.create(new float[] {-0.0f, 1e-30f}));

      assertThat(norm(gradients)).isZero();
      assertThat(gradients.accumulated()).hasSize(1);
    }
  }

  @Test
  void clearRemovesNaN() {
    Parameter a = parameter("a", 2);
    try (Gradients gradients = new Gradients(List.of(a))) {
      add(gradients, a, manager.create(new float[] {Float.NaN, 1}));
      assertThat(norm(gradients)).isNaN();
      gradients.clear();

      assertThat(gradients.accumulated()).isEmpty();
      assertThat(norm(gradients)).isZero();
    }
  }

  @Test
  void scalingAndClippingKeepAbsentGradientsAbsent() {
    Parameter a = parameter("a", 2);
    try (Gradients gradients = new Gradients(List.of(a))) {
      gradients.scaleAndClipNorm(0.25, 1);
      gradients.clipValue(1);

      assertThat(gradients.accumulated()).isEmpty();
    }
  }

  @Test
  void frozenParametersAndBuffersHaveNoGradients() {
    Parameter frozen = parameter("frozen", 2);
    frozen.setTrainable(false);
    Parameter buffer = Parameter.buffer(Initializer.ones(), 2);
    buffer.initialize(manager, 1);
    try (Gradients gradients = new Gradients(List.of(frozen, buffer))) {
      assertThat(gradients.all()).isEmpty();
      assertThat(norm(gradients)).isZero();
    }
  }

  @Test
  void gradientsSurviveASurroundingScope() {
    Parameter a = parameter("a", 2);
    NDScope scope = new NDScope();
    Gradients gradients = new Gradients(List.of(a));
    scope.close();
    try (gradients) {
      add(gradients, a, manager.create(new float[] {3, 4}));
      assertThat(norm(gradients)).isEqualTo(5, within(1e-6));
    }
  }

  @Test
  void scaleAndClipNormEqualsScaleThenClip() {
    Parameter a = parameter("a", 2);
    try (Gradients gradients = new Gradients(List.of(a))) {
      add(gradients, a, manager.create(new float[] {30, 40}));
      double norm = gradients.scaleAndClipNorm(0.1, 2.5);

      assertThat(norm).isEqualTo(5, within(1e-6));
      assertThat(gradients.all().get(0).array().toFloatArray())
          .containsExactly(new float[] {1.5f, 2}, within(1e-6f));
    }
  }

  @ParameterizedTest
  @CsvSource({"l2_max1, 1", "l2_max100, 100"})
  void clipNormEqualsTorch(String name, double maxNorm) throws Exception {
    try (Gradients gradients = referenceGradients()) {
      double norm = gradients.scaleAndClipNorm(1, maxNorm);

      assertThat(norm).isEqualTo(referenceNorm(name), within(2e-6));
      checkAgainst(name, gradients);
    }
  }

  @Test
  void clipValueEqualsTorch() {
    try (Gradients gradients = referenceGradients()) {
      gradients.clipValue(0.5);

      checkAgainst("value_0.5", gradients);
    }
  }

  private Gradients referenceGradients() {
    List<Parameter> parameters = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      parameters.add(parameter("g" + i, CLIP.shape("in.g" + i).getShape()));
    }
    Gradients gradients = new Gradients(parameters);
    for (int i = 0; i < 3; i++) {
      add(gradients, parameters.get(i), CLIP.array(manager, "in.g" + i));
    }
    return gradients;
  }

  private static double referenceNorm(String name) throws Exception {
    try (InputStream in = GradientsTest.class.getResourceAsStream("/reference/optim/clip.json")) {
      return new ObjectMapper().readTree(in).get(name).get("total_norm").asDouble();
    }
  }

  private static void checkAgainst(String name, Gradients gradients) {
    for (int i = 0; i < 3; i++) {
      assertThat(gradients.all().get(i).array().toFloatArray())
          .containsExactly(CLIP.values(name + ".g" + i), within(1e-6f));
    }
  }
}
