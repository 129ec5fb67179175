package dev.counterpoint.models.tabular;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.TableSpec;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Output of a model for tables: logits of classes, or numbers. Numbers are predicted with mean 0
 * and standard deviation 1, and returned in the unit of the targets.
 */
final class TabularOutput extends Layer {
  private final @Nullable Parameter means;
  private final @Nullable Parameter deviations;
  private final int size;

  TabularOutput(DataSpec data) {
    TableSpec table = data.table();
    if (table != null && !table.targetMeans().isEmpty()) {
      size = table.targetMeans().size();
      means = Parameter.buffer(values(table.targetMeans()), size);
      deviations = Parameter.buffer(values(table.targetDeviations()), size);
    } else {
      if (data.labels().size() < 2) {
        throw new InvalidSettings(
            "A model for tables needs at least two labels, but the data has %s.", data.labels());
      }
      size = data.labels().size();
      means = null;
      deviations = null;
    }
  }

  private static Initializer values(List<Double> numbers) {
    float[] values = new float[numbers.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = numbers.get(i).floatValue();
    }
    return (manager, shape) -> manager.create(values, shape);
  }

  /** The number of outputs. */
  int size() {
    return size;
  }

  /** Converts outputs, (batch, outputs), to the unit of the targets; logits are unchanged. */
  NDArray forward(NDArray outputs) {
    return means == null || deviations == null
        ? outputs
        : outputs.mul(deviations.value()).add(means.value());
  }

  /** Cross-entropy, or the mean squared error in standard deviations of each target. */
  Loss loss() {
    return deviations == null
        ? CrossEntropy.defaults()
        : new StandardizedSquaredError(deviations.value());
  }

  /**
   * Mean squared error of standardized numbers.
   *
   * @param deviations the standard deviation of each target, (targets)
   */
  private record StandardizedSquaredError(NDArray deviations) implements Loss {
    @Override
    public LossSum of(NDArray output, Batch batch) {
      return LossSum.of(output.sub(batch.labels()).div(deviations).square(), batch);
    }

    @Override
    public Optional<OutputActivation> outputActivation() {
      return Optional.of(OutputActivation.IDENTITY);
    }
  }
}
