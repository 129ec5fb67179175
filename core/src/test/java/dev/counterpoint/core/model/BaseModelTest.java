package dev.counterpoint.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BaseModelTest {
  /** Holds layers in every supported kind of field. */
  private static final class Tree extends BaseModel {
    private final Parameter scale = Parameter.of(Initializer.ones(), 1);
    private final List<Linear> blocks = List.of(new Linear(2, 2), new Linear(2, 2, false));
    private final Linear[] pair = {new Linear(2, 2, false), new Linear(2, 2, false)};
    private final Map<String, Layer> heads = new LinkedHashMap<>();

    @Name("LayerNorm")
    private final LayerNorm norm = new LayerNorm(2);

    private final Linear tied = blocks.get(1);
    private final Parameter mean = Parameter.buffer(Initializer.zeros(), 2);

    Tree() {
      heads.put("start", new Linear(2, 1, false));
      heads.put("end", new Linear(2, 1, false));
    }

    @Override
    public NDArray forward(Batch batch) {
      return blocks.get(0).forward(batch.features());
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }

  /** Its block is an inner class, with a reference to the model. */
  private static final class Enclosing extends BaseModel {
    private final Block block = new Block();

    private final class Block extends Layer {
      private final Linear linear = new Linear(width(), 2, false);
    }

    private int width() {
      return 2;
    }

    @Override
    public NDArray forward(Batch batch) {
      return block.linear.forward(batch.features());
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }

  private static final class Cycle extends Layer {
    private final Map<String, Layer> parts = new LinkedHashMap<>();
  }

  @Test
  void innerClassCanBeALayer() {
    try (Enclosing model = new Enclosing()) {
      assertThat(model.parameters())
          .extracting(Parameter::name)
          .containsExactly("block.linear.weight");
    }
  }

  @Test
  void layerThatContainsItselfIsRejectedWithItsPath() {
    Cycle outer = new Cycle();
    Cycle inner = new Cycle();
    outer.parts.put("down", inner);
    inner.parts.put("up", inner);

    assertThatThrownBy(() -> outer.setTraining(true))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Cycle at \"parts.down\"")
        .hasMessageContaining("at \"parts.down.parts.up\"");
  }

  @Test
  void parametersAreNamedByPathInFieldOrderAndSharedOnesAreListedOnce() {
    try (Tree model = new Tree()) {
      assertThat(model.parameters())
          .extracting(Parameter::name)
          .containsExactly(
              "scale",
              "blocks.0.weight",
              "blocks.0.bias",
              "blocks.1.weight",
              "pair.0.weight",
              "pair.1.weight",
              "heads.start.weight",
              "heads.end.weight",
              "LayerNorm.weight",
              "LayerNorm.bias",
              "mean");
    }
  }

  @Test
  void initialValuesDependOnlyOnSeedAndName() {
    try (Parts one = Parts.of(Map.of("a", new Linear(3, 3)), 1);
        Parts more = Parts.of(Map.of("a", new Linear(3, 3), "b", new Linear(3, 3)), 1)) {
      assertThat(more.values("a.weight")).isEqualTo(one.values("a.weight"));
      assertThat(more.values("a.bias")).isEqualTo(one.values("a.bias"));
      assertThat(more.values("b.weight")).isNotEqualTo(one.values("a.weight"));
    }
  }

  @Test
  void differentSeedsGiveDifferentInitialValues() {
    try (Parts one = Parts.of(Map.of("a", new Linear(3, 3)), 1);
        Parts two = Parts.of(Map.of("a", new Linear(3, 3)), 2)) {
      assertThat(two.values("a.weight")).isNotEqualTo(one.values("a.weight"));
    }
  }

  @Test
  void bufferIsNotTrainable() {
    try (Tree model = new Tree()) {
      Parameter mean = model.parameters().get(model.parameters().size() - 1);

      mean.setTrainable(true);

      assertThat(mean.trainable()).isFalse();
    }
  }

  @Test
  void modelCannotBeInitializedTwice() {
    try (Tree model = new Tree()) {
      model.initialize(Device.cpu(), 1);

      assertThatThrownBy(() -> model.initialize(Device.cpu(), 1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("already initialized");
    }
  }

  @Test
  void uninitializedModelHasNoDevice() {
    try (Tree model = new Tree()) {
      assertThat(model.initialized()).isFalse();
      assertThatThrownBy(model::device)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("initialize(device, seed)");
    }
  }

  @Test
  void uninitializedParameterHasNoValue() {
    try (Tree model = new Tree()) {
      assertThatThrownBy(() -> model.parameters().get(1).value())
          .hasMessageContaining("Parameter blocks.0.weight")
          .hasMessageContaining("model.initialize");
    }
  }

  @Test
  void freezeAffectsAllMatchingParameters() {
    try (Tree model = new Tree()) {
      model.freeze("blocks.*");

      assertThat(model.parameters())
          .filteredOn(parameter -> !parameter.trainable())
          .extracting(Parameter::name)
          .containsExactly("blocks.0.weight", "blocks.0.bias", "blocks.1.weight", "mean");
    }
  }

  @Test
  void dotInPatternMatchesOnlyADot() {
    try (Tree model = new Tree()) {
      assertThatThrownBy(() -> model.freeze("blocks.0xweight")).isInstanceOf(InvalidSettings.class);
    }
  }

  @Test
  void patternWithoutMatchIsRejectedWithTheParameterNames() {
    try (Tree model = new Tree()) {
      assertThatThrownBy(() -> model.freeze("encoder.*"))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("\"encoder.*\"")
          .hasMessageContaining("scale, blocks.0.weight,");
    }
  }

  @Test
  void frozenParametersAreBitIdenticalAfterTraining() {
    try (TwoLayers model = new TwoLayers()) {
      model.initialize(Device.cpu(), 1);
      model.freeze("first.*");
      List<float[]> before = values(model);

      new Trainer(model, TrainingConfig.defaults()).train(examples());

      List<float[]> after = values(model);
      assertThat(after.get(0)).isEqualTo(before.get(0));
      assertThat(after.get(1)).isEqualTo(before.get(1));
      assertThat(after.get(2)).isNotEqualTo(before.get(2));
      assertThat(after.get(3)).isNotEqualTo(before.get(3));
    }
  }

  @Test
  void freezeWorksBeforeInitialization() {
    try (TwoLayers model = new TwoLayers()) {
      model.freeze("first.*");
      model.initialize(Device.cpu(), 1);

      assertThat(model.parameters())
          .extracting(parameter -> parameter.value().hasGradient())
          .containsExactly(false, false, true, true);
    }
  }

  @Test
  void lossOfTheModelIsUsedUntilReplaced() {
    try (TwoLayers model = new TwoLayers()) {
      model.initialize(Device.cpu(), 1);
      LossSum replaced = new LossSum(model.parameters().get(0).value().sum(), 5);
      try (Batch batch = new Batch(examples().collate(new long[] {0, 1}), Device.cpu())) {
        assertThat(model.loss(model.forward(batch), batch).weight()).isEqualTo(2);

        model.replaceLoss((output, sameBatch) -> replaced);

        assertThat(model.loss(model.forward(batch), batch)).isSameAs(replaced);
      }
    }
  }

  private static List<float[]> values(BaseModel model) {
    return model.parameters().stream().map(it -> it.value().toFloatArray()).toList();
  }

  private static ArrayDataset examples() {
    return ArrayDataset.ofClasses(
        new float[][] {{1, 2}, {3, -1}, {0, 1}, {-2, 2}}, new long[] {0, 1, 1, 0});
  }

  private static final class TwoLayers extends BaseModel {
    private final Linear first = new Linear(2, 3);
    private final Linear second = new Linear(3, 2);

    @Override
    public NDArray forward(Batch batch) {
      return second.forward(Activation.TANH.forward(first.forward(batch.features())));
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }

  @Test
  void parametersLargerThanTheMemoryOfTheMachineAreRefusedBeforeTheyAreAllocated() {
    assertThatThrownBy(() -> Parts.of(new Linear(1 << 20, 1 << 27, false)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("140,737,488,355,328");
  }
}
