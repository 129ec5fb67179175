package dev.counterpoint.models.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.data.ImageSpec;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.model.attention.MultiHeadAttention;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ImageModelsTest {
  private static final int PIXELS = 3 * 8 * 4;
  private static final DataSpec DATA =
      DataSpec.ofImages(
          new ImageSpec(3, 8, 4, List.of(0.5, 0.5, 0.5), List.of(1.0, 1.0, 1.0)),
          List.of("cat", "dog"));

  static Stream<ModelConfig> configs() {
    return Stream.of(
        new ConvNetConfig(List.of(4, 8), 2, 3, 2, 0.1),
        new ConvNetConfig(List.of(4, 4, 4), 1, 5, 1, 0),
        vit(2, true),
        vit(4, false));
  }

  private static VitConfig vit(int patch, boolean checkpointing) {
    return new VitConfig(patch, 8, 2, 2, 2, 0.1, new MultiHeadAttention.Config(), checkpointing);
  }

  private static HostBatch images(int count, int from) {
    float[] values = new float[count * PIXELS];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(0.7 * (i + from * PIXELS));
    }
    return HostBatch.of(
        count,
        Map.of(
            Batch.IMAGES, HostTensor.of(values, count, 3, 8, 4),
            Batch.LABELS, HostTensor.of(new long[count], count)));
  }

  private static BaseModel initialized(ModelConfig config) {
    BaseModel model = config.build(DATA);
    model.initialize(Device.cpu(), 17);
    model.setTraining(false);
    return model;
  }

  @ParameterizedTest
  @MethodSource("configs")
  void computesLogitsAndAllParametersHaveAGradient(ModelConfig config) {
    try (BaseModel model = initialized(config)) {
      model.setTraining(true);
      try (Batch batch = new Batch(images(2, 0), Device.cpu());
          Gradients gradients = new Gradients(model.parameters());
          ForwardScope scope = ForwardScope.record(17)) {
        NDArray output = model.forward(batch);
        assertThat(output.getShape()).isEqualTo(new Shape(2, 2));
        gradients.add(model.loss(output, batch).sum(), scope);
        assertThat(gradients.accumulated())
            .hasSameSizeAs(model.parameters())
            .allSatisfy(
                gradient ->
                    assertThat(gradient.array().toFloatArray())
                        .as(gradient.parameter().name())
                        .isNotEqualTo(new float[(int) gradient.array().size()]));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void anImageIsIndependentOfTheOthersInItsBatch(ModelConfig config) {
    try (BaseModel model = initialized(config)) {
      float[] all = forward(model, images(3, 0));

      assertThat(forward(model, images(1, 2)))
          .containsExactly(Arrays.copyOfRange(all, 4, 6), within(1e-5f));
    }
  }

  private static float[] forward(BaseModel model, HostBatch images) {
    try (Batch batch = new Batch(images, Device.cpu());
        Torch.Recording noGradients = Torch.noGradients()) {
      return model.forward(batch).toFloatArray();
    }
  }

  @Test
  void convolutionsAreInitializedWithinTheBoundOfPyTorch() {
    try (BaseModel model = initialized(new ConvNetConfig(List.of(64), 1, 3, 2, 0))) {
      float bound = (float) (1 / Math.sqrt(27));
      for (String name : List.of("blocks.0.conv.weight", "blocks.0.conv.bias")) {
        float[] values = parameter(model, name).value().toFloatArray();
        double largest = 0;
        for (float value : values) {
          largest = Math.max(largest, Math.abs(value));
        }
        assertThat(largest).as(name).isBetween(0.8 * bound, (double) bound);
      }
    }
  }

  private static Parameter parameter(BaseModel model, String name) {
    return model.parameters().stream()
        .filter(it -> it.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("configs")
  void dataWithoutImagesIsRejected(ModelConfig config) {
    DataSpec text = DataSpec.ofText(100, 0, List.of("no", "yes"));

    assertThatThrownBy(() -> config.build(text))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("image-classification");
  }

  @Test
  void imagesAreNotHalvedBelowOnePixel() {
    ConvNetConfig config = new ConvNetConfig(List.of(4, 4, 4, 4), 1, 3, 2, 0);

    assertThatThrownBy(() -> config.build(DATA))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("4 stages", "8 x 4");
  }

  @Test
  void thePatchSizeDividesTheImages() {
    VitConfig config = vit(3, false);

    assertThatThrownBy(() -> config.build(DATA))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("patch 3", "height 8", "width 4");
  }

  @Test
  void groupsDivideAllWidths() {
    assertThatThrownBy(() -> new ConvNetConfig(List.of(8, 12), 1, 3, 8, 0))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("groups 8 must divide width 12");
  }
}
