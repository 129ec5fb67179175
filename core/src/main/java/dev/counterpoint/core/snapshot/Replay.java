package dev.counterpoint.core.snapshot;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.LayerObserver;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.parameter.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Replays the training step of a snapshot, forward and backward, and checks parameters, inputs,
 * layer outputs, loss and gradients for values that are not finite. The parameters are not updated.
 */
public final class Replay {
  private final Path folder;
  private final StepSnapshot snapshot;
  private final BaseModel model;

  /**
   * The result of a replay.
   *
   * @param snapshot the replayed step
   * @param loss the mean loss over this process's shard of the step
   * @param gradientNorm the global gradient norm over the same shard
   * @param firstNonFinite a description of the first array with values that are not finite: a
   *     parameter, an input, the output of a layer, the loss, or a gradient; empty if all values
   *     are finite
   * @param gradients the gradient norm of each parameter, largest first
   */
  public record Outcome(
      StepSnapshot snapshot,
      double loss,
      double gradientNorm,
      Optional<String> firstNonFinite,
      List<ParameterNorm> gradients) {}

  /** The L2 norm of a parameter's gradient. */
  public record ParameterNorm(String parameter, double norm) {}

  /**
   * Reads a snapshot and loads its parameters into the model.
   *
   * @param folder the snapshot folder
   * @param model an initialized model of the same architecture as in the run
   * @throws IOException if the snapshot cannot be read
   */
  public Replay(Path folder, BaseModel model) throws IOException {
    this.folder = folder;
    this.model = model;
    snapshot = StepSnapshot.read(folder);
    StepSnapshot.loadWeights(folder, model.parameters());
  }

  /** Runs the forward and backward pass of every micro-batch of the step. */
  public Outcome run() throws IOException {
    model.setTraining(true);
    FiniteCheck check = new FiniteCheck();
    for (Parameter parameter : model.parameters()) {
      check.inspect("parameter " + parameter.name(), parameter.value());
    }
    double sum = 0;
    double weight = 0;
    try (Gradients gradients = new Gradients(model.parameters())) {
      for (int i = 0; i < snapshot.batches().size(); i++) {
        try (Batch batch = snapshot.loadBatch(folder, i, model.device())) {
          BatchLoss loss = pass(batch, i, gradients, check);
          sum += loss.total();
          weight += loss.weight();
        }
      }
      check.inspectInBackwardOrder(gradients);
      // before the scaling, which makes all gradients NaN if one is not finite
      List<ParameterNorm> norms = norms(gradients, weight);
      double norm = gradients.scaleAndClipNorm(1 / weight, Double.POSITIVE_INFINITY);
      return new Outcome(snapshot, sum / weight, norm, check.first(), norms);
    }
  }

  private record BatchLoss(double total, double weight) {}

  /** Forward and backward pass of one micro-batch, computed as in the training loop. */
  private BatchLoss pass(Batch batch, int index, Gradients gradients, FiniteCheck check) {
    String suffix = ", micro-batch " + index;
    batch
        .tensors()
        .forEach((name, tensor) -> check.inspect("input \"" + name + "\"" + suffix, tensor));
    Torch.seed(Seeds.of(snapshot.seed(), snapshot.step(), index, snapshot.rank()));
    try (ForwardScope scope = new ForwardScope();
        Torch.Recording recording = Torch.recordGradients();
        LayerObserver observer =
            LayerObserver.begin(
                model, (layer, output) -> check.inspect("output of " + layer + suffix, output))) {
      NDArray output = model.forward(batch);
      check.inspect("output of the model" + suffix, output);
      LossSum loss = model.loss(output, batch);
      check.inspect("loss" + suffix, loss.sum());
      gradients.add(loss.sum());
      return new BatchLoss(loss.total(), loss.weight());
    }
  }

  private static List<ParameterNorm> norms(Gradients gradients, double weight) {
    List<ParameterNorm> norms = new ArrayList<>();
    for (Gradients.Gradient gradient : gradients.accumulated()) {
      try (NDArray norm = gradient.array().norm()) {
        norms.add(new ParameterNorm(gradient.parameter().name(), norm.getFloat() / weight));
      }
    }
    norms.sort((a, b) -> Double.compare(b.norm(), a.norm()));
    return norms;
  }
}
