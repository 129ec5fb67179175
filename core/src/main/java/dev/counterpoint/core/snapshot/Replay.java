package dev.counterpoint.core.snapshot;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
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
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Makes the step of a snapshot again, forward and backward, and looks at everything on the way. The
 * parameters are not updated.
 */
public final class Replay {
  private final Path folder;
  private final StepSnapshot snapshot;
  private final BaseModel model;

  /**
   * What came of it.
   *
   * @param snapshot the step
   * @param loss the mean over this process's part of the step
   * @param gradientNorm of the same
   * @param culprit the first that is not finite: a parameter, an input, the output of a layer, the
   *     loss, or a gradient; absent where all is finite
   * @param gradients of each parameter, the largest norm first
   */
  public record Outcome(
      StepSnapshot snapshot,
      double loss,
      double gradientNorm,
      Optional<String> culprit,
      List<ParameterNorm> gradients) {}

  /** How large the gradient of a parameter is. */
  public record ParameterNorm(String parameter, double norm) {}

  /**
   * Prepares the step.
   *
   * @param model built and initialized as that of the run; it is given the snapshot's parameters
   */
  public Replay(Path folder, BaseModel model) throws IOException {
    this.folder = folder;
    this.model = model;
    snapshot = StepSnapshot.read(folder);
    StepSnapshot.loadWeights(folder, model.parameters());
  }

  /** Makes the step. */
  public Outcome run() throws IOException {
    model.setTraining(true);
    Findings findings = new Findings();
    for (Parameter parameter : model.parameters()) {
      findings.look("parameter " + parameter.name(), parameter.value());
    }
    double sum = 0;
    double weight = 0;
    try (Gradients gradients = new Gradients(model.parameters())) {
      for (int i = 0; i < snapshot.batches().size(); i++) {
        try (Batch batch = snapshot.loadBatch(folder, i, model.device())) {
          LossAsNumber loss = pass(batch, i, gradients, findings);
          sum += loss.total();
          weight += loss.weight();
        }
      }
      gradients.scale(1 / weight);
      return new Outcome(
          snapshot,
          sum / weight,
          gradients.norm(),
          findings.first().or(() -> firstOnTheWayBack(gradients)),
          norms(gradients));
    }
  }

  private record LossAsNumber(double total, double weight) {}

  /** One micro-batch, as the training loop computes it. */
  private LossAsNumber pass(Batch batch, int index, Gradients gradients, Findings findings) {
    String place = ", micro-batch " + index;
    batch
        .tensors()
        .forEach((name, tensor) -> findings.look("input \"" + name + "\"" + place, tensor));
    Torch.seed(Seeds.of(snapshot.seed(), snapshot.step(), index, snapshot.rank()));
    try (ForwardScope scope = new ForwardScope();
        Torch.Recording recording = Torch.recordGradients();
        LayerObserver watch =
            LayerObserver.begin(
                model, (layer, output) -> findings.look("output of " + layer + place, output))) {
      NDArray output = model.forward(batch);
      findings.look("output of the model" + place, output);
      LossSum loss = model.loss(output, batch);
      findings.look("loss" + place, loss.sum());
      gradients.add(loss.sum());
      return new LossAsNumber(loss.total(), loss.weight());
    }
  }

  /** A backward pass comes to the last layer first. */
  private static Optional<String> firstOnTheWayBack(Gradients gradients) {
    Findings findings = new Findings();
    List<Gradients.Gradient> last = new ArrayList<>(gradients.all());
    Collections.reverse(last);
    last.forEach(
        gradient -> findings.look("gradient of " + gradient.parameter().name(), gradient.array()));
    return findings.first();
  }

  private static List<ParameterNorm> norms(Gradients gradients) {
    List<ParameterNorm> norms = new ArrayList<>();
    for (Gradients.Gradient gradient : gradients.accumulated()) {
      try (NDArray norm = gradient.array().norm()) {
        norms.add(new ParameterNorm(gradient.parameter().name(), norm.getFloat()));
      }
    }
    norms.sort((a, b) -> Double.compare(b.norm(), a.norm()));
    return norms;
  }

  /** Remembers the first array with a number that is not finite. */
  private static final class Findings {
    private Optional<String> first = Optional.empty();

    void look(String what, NDArray array) {
      if (first.isEmpty() && array.getDataType() != DataType.INT64) {
        long nan = count(array.isNaN());
        long infinite = count(array.isInfinite());
        if (nan + infinite > 0) {
          first =
              Optional.of(
                  String.format(
                      Locale.ROOT,
                      "%s: of its %,d numbers %,d are NaN and %,d infinite",
                      what,
                      array.size(),
                      nan,
                      infinite));
        }
      }
    }

    private static long count(NDArray flags) {
      try (NDArray one = flags;
          NDArray numbers = one.toType(DataType.INT64, false);
          NDArray sum = numbers.sum()) {
        return sum.getLong();
      }
    }

    Optional<String> first() {
      return first;
    }
  }
}
