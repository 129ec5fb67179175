package dev.counterpoint.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.checkpoint.ModelWeights;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.optimizer.AdamW;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DjlBlockTest {
  private static final int SIDE = 6;
  private static final ArrayDataset IMAGES = images(64);

  @TempDir private Path directory;

  /** A small convolutional network built from DJL blocks. */
  private static final class Network extends BaseModel {
    private final DjlBlock network = new DjlBlock(layers(), new Shape(1, 1, SIDE, SIDE));

    private static Block layers() {
      return new SequentialBlock()
          .add(Conv2d.builder().setKernelShape(new Shape(3, 3)).setFilters(4).build())
          .add(BatchNorm.builder().build())
          .add(ai.djl.nn.Activation.reluBlock())
          .add(Pool.globalAvgPool2dBlock())
          .add(Linear.builder().setUnits(2).build());
    }

    @Override
    public NDArray forward(Batch batch) {
      return network.forward(batch.features().reshape(-1, 1, SIDE, SIDE)); // (batch, 2)
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }

  @Test
  void parametersBelongToTheModelAndRunningStatisticsAreBuffers() {
    try (Network model = new Network()) {
      assertThat(model.parameters())
          .filteredOn(Parameter::trainable)
          .extracting(Parameter::name)
          .containsExactly(
              "network.parameters.01Conv2d_weight",
              "network.parameters.01Conv2d_bias",
              "network.parameters.02BatchNorm_gamma",
              "network.parameters.02BatchNorm_beta",
              "network.parameters.05Linear_weight",
              "network.parameters.05Linear_bias");
      assertThat(model.parameters())
          .filteredOn(parameter -> !parameter.trainable())
          .extracting(Parameter::name)
          .containsExactly(
              "network.parameters.02BatchNorm_runningMean",
              "network.parameters.02BatchNorm_runningVar");
    }
  }

  @Test
  void initialValuesDependOnTheSeed() {
    try (Network first = initialized(1);
        Network same = initialized(1);
        Network other = initialized(2)) {
      assertThat(ModelHash.of(first.parameters()))
          .isEqualTo(ModelHash.of(same.parameters()))
          .isNotEqualTo(ModelHash.of(other.parameters()));
    }
  }

  @Test
  void trainingReducesTheLoss() {
    try (Network model = new Network()) {
      TrainingEnd end = train(model);

      assertThat(end.trainLoss()).isLessThan(0.1);
    }
  }

  @Test
  void runningStatisticsChangeOnlyInTraining() {
    try (Network model = initialized(1)) {
      float[] initial = runningMean(model);

      train(model);
      float[] trained = runningMean(model);
      new Predictor(model).predict(IMAGES.collate(new long[] {0, 1}));

      assertThat(trained).isNotEqualTo(initial);
      assertThat(runningMean(model)).isEqualTo(trained);
    }
  }

  @Test
  void loadedModelPredictsTheSameAsTheSavedOne() throws IOException {
    Path file = directory.resolve("model.safetensors");
    try (Network model = new Network();
        Network loaded = initialized(9)) {
      train(model);
      ModelWeights.save(model.parameters(), file);
      ModelWeights.load(loaded.parameters(), file);

      assertThat(predictions(loaded)).isEqualTo(predictions(model));
    }
  }

  @Test
  void sharedBlockHasItsParametersOnce() {
    Block shared = Linear.builder().setUnits(3).build();
    DjlBlock network = new DjlBlock(new SequentialBlock().add(shared).add(shared), new Shape(1, 3));
    try (Parts model = Parts.of(network)) {
      assertThat(model.parameters())
          .extracting(Parameter::name)
          .containsExactly("part.parameters.01Linear_weight", "part.parameters.01Linear_bias");
    }
  }

  @Test
  void customBlockCanBeCalled() {
    DjlBlock flatten = new DjlBlock(Blocks.batchFlattenBlock(), new Shape(1, 2, 3));
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      assertThat(flatten.forward(manager.ones(new Shape(5, 2, 3))).getShape())
          .isEqualTo(new Shape(5, 6));
    }
  }

  private static Network initialized(long seed) {
    Network model = new Network();
    model.initialize(Device.cpu(), seed);
    return model;
  }

  private static TrainingEnd train(Network model) {
    TrainingConfig config =
        TrainingConfig.defaults().withEpochs(15).withBatchSize(16).withOptimizer(AdamW.of(0.05));
    return new Trainer(model, config).train(IMAGES);
  }

  private static float[] runningMean(Network model) {
    return model.parameters().stream()
        .filter(parameter -> parameter.name().endsWith("runningMean"))
        .findFirst()
        .orElseThrow()
        .value()
        .toFloatArray();
  }

  private static float[] predictions(Network model) {
    long[] all = new long[(int) IMAGES.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = i;
    }
    return new Predictor(model).predict(IMAGES.collate(all)).floats();
  }

  /** Dark and bright images with noise. */
  private static ArrayDataset images(int count) {
    SplittableRandom random = new SplittableRandom(3);
    float[][] pixels = new float[count][SIDE * SIDE];
    long[] classes = new long[count];
    for (int i = 0; i < count; i++) {
      classes[i] = i % 2;
      for (int j = 0; j < pixels[i].length; j++) {
        pixels[i][j] = (float) (random.nextDouble() + 0.5 * classes[i]);
      }
    }
    return ArrayDataset.ofClasses(pixels, classes);
  }
}
