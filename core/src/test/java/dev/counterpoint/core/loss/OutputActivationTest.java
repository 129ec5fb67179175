package dev.counterpoint.core.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class OutputActivationTest {
  private static final float[] OUTPUTS = {9, 1, -2, 1000};

  @Test
  void softmaxIsOverTheOutputsOfTheExample() {
    double[] values = OutputActivation.SOFTMAX.apply(OUTPUTS, 1, 2);

    double first = 1 / (1 + Math.exp(-3));
    assertThat(values).containsExactly(new double[] {first, 1 - first}, within(1e-12));
  }

  @Test
  void largeLogitsDoNotOverflow() {
    assertThat(OutputActivation.SOFTMAX.apply(OUTPUTS, 2, 2)).containsExactly(0, 1);
    assertThat(OutputActivation.SIGMOID.apply(new float[] {1000, -1000}, 0, 2))
        .containsExactly(1, 0);
  }

  @Test
  void sigmoidIsOfEachOutput() {
    assertThat(OutputActivation.SIGMOID.apply(OUTPUTS, 1, 2))
        .containsExactly(new double[] {0.7310585786300049, 0.11920292202211755}, within(1e-12));
  }

  @Test
  void identityReturnsTheOutputs() {
    assertThat(OutputActivation.IDENTITY.apply(OUTPUTS, 0, 3)).containsExactly(9, 1, -2);
  }

  @Test
  void lossesDeclareTheirActivation() {
    assertThat(CrossEntropy.defaults().outputActivation()).contains(OutputActivation.SOFTMAX);
    assertThat(new BinaryCrossEntropy().outputActivation()).contains(OutputActivation.SIGMOID);
    assertThat(new MeanSquaredError().outputActivation()).contains(OutputActivation.IDENTITY);
    assertThat(Huber.defaults().outputActivation()).contains(OutputActivation.IDENTITY);
    Loss own = (output, batch) -> CrossEntropy.defaults().of(output, batch);
    assertThat(own.outputActivation()).isEqualTo(Optional.empty());
  }
}
