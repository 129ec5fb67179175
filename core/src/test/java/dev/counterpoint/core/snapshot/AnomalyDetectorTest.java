package dev.counterpoint.core.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.UnaryLayer;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.core.training.TrainingStrategy;
import dev.counterpoint.core.training.failure.NotFiniteException;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class AnomalyDetectorTest {
  @Test
  void namesTheFirstLayerWithAnOutputThatIsNotFinite() {
    assertThatThrownBy(() -> train(x -> x.mul(0).log(), CrossEntropy.defaults(), true))
        .isInstanceOf(NotFiniteException.class)
        .hasMessageContaining("step 1, micro-batch 0")
        .hasMessageContaining("output of body.middle (Function)")
        .hasMessageContaining("8 are infinite");
  }

  @Test
  void namesTheParameterNearestToTheLossWithAGradientThatIsNotFinite() {
    assertThatThrownBy(() -> train(x -> x.mul(0).sqrt(), CrossEntropy.defaults(), true))
        .isInstanceOf(NotFiniteException.class)
        .hasMessageContaining("backward pass: gradient of body.first.bias");
  }

  @Test
  void namesTheInputBeforeTheLayers() {
    assertThatThrownBy(() -> train(Float.NaN, x -> x, CrossEntropy.defaults(), true))
        .isInstanceOf(NotFiniteException.class)
        .hasMessageContaining("input features: 1 of 4");
  }

  @Test
  void namesTheLossFunctionIfTheOutputIsFinite() {
    Loss infinite = (output, batch) -> new LossSum(output.sum().mul(0).log(), batch.size());

    assertThatThrownBy(() -> train(x -> x, infinite, true))
        .isInstanceOf(NotFiniteException.class)
        .hasMessageContaining("the loss function is not");
  }

  @Test
  void aFailedStepNamesNothingByDefault() {
    assertThatThrownBy(() -> train(x -> x.mul(0).sqrt(), CrossEntropy.defaults(), false))
        .isInstanceOf(NotFiniteException.class)
        .message()
        .doesNotContain("body.first");
  }

  @Test
  void doesNotChangeTheTraining() {
    assertThat(train(x -> x.tanh(), CrossEntropy.defaults(), true))
        .isEqualTo(train(x -> x.tanh(), CrossEntropy.defaults(), false));
  }

  private static double train(UnaryOperator<NDArray> middle, Loss loss, boolean detect) {
    return train(4, middle, loss, detect);
  }

  private static double train(
      float last, UnaryOperator<NDArray> middle, Loss loss, boolean detect) {
    RunOptions options =
        new RunOptions(
            4, List.of(), new StopSignal(), null, CheckpointPolicy.defaults(), null, detect);
    ArrayDataset examples =
        ArrayDataset.ofClasses(new float[][] {{1, 2}, {3, last}}, new long[] {0, 1});
    try (Three model = new Three(middle, loss)) {
      return new Trainer(
              model,
              TrainingStrategy.singleProcess(),
              TrainingConfig.defaults().withEpochs(2).withBatchSize(2),
              options)
          .train(examples)
          .trainLoss();
    }
  }

  private static final class Three extends BaseModel {
    private final Body body;
    private final Linear head = new Linear(4, 2);
    private final Loss loss;

    Three(UnaryOperator<NDArray> middle, Loss loss) {
      body = new Body(new Linear(2, 4), new Function(middle));
      this.loss = loss;
    }

    @Override
    public NDArray forward(Batch batch) {
      return head.forward(body.forward(batch.features()));
    }

    @Override
    public Loss lossFunction() {
      return loss;
    }
  }

  private static final class Body extends Layer implements UnaryLayer {
    private final Linear first;
    private final Function middle;

    Body(Linear first, Function middle) {
      this.first = first;
      this.middle = middle;
    }

    @Override
    public NDArray forward(NDArray x) {
      return middle.forward(first.forward(x));
    }
  }

  private static final class Function extends Layer implements UnaryLayer {
    private final UnaryOperator<NDArray> function;

    Function(UnaryOperator<NDArray> function) {
      this.function = function;
    }

    @Override
    public NDArray forward(NDArray x) {
      return observe(function.apply(x));
    }
  }
}
