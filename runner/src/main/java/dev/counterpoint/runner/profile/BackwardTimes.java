package dev.counterpoint.runner.profile;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.NativeList;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.LayerObserver;
import dev.counterpoint.core.parameter.Parameter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Estimates the time of each layer's backward pass. The backward pass is one call of libtorch,
 * which reports no times of its parts. So it is repeated up to the output of each layer: the time
 * of a layer is the difference to the time up to the next layer.
 */
final class BackwardTimes {
  private static final int REPETITIONS = 3;
  private static final double MAX_SECONDS = 30; // after that, each layer is measured once

  private final BaseModel model;
  private final Batch batch;

  BackwardTimes(BaseModel model, Batch batch) {
    this.model = model;
    this.batch = batch;
  }

  /** Seconds by layer, as {@link LayerObserver} names them, in the order of the forward pass. */
  Map<String, Double> measure() {
    model.setTraining(true);
    List<String> layers = new ArrayList<>();
    try (ForwardScope scope = ForwardScope.record(1);
        LayerObserver observer = LayerObserver.begin(model, (name, output) -> layers.add(name))) {
      model.forward(batch);
    }
    List<List<Parameter>> parameters = parametersOf(layers);
    Map<String, Double> seconds = new LinkedHashMap<>();
    long begin = System.nanoTime();
    double later = 0; // up to the output of the next layer
    double[] upTo = new double[layers.size()];
    for (int i = layers.size() - 1; i >= 0; i--) {
      upTo[i] = Double.POSITIVE_INFINITY;
      for (int again = 0; again < REPETITIONS; again++) {
        if (again == 0 || (System.nanoTime() - begin) * 1e-9 < MAX_SECONDS) {
          upTo[i] = Math.min(upTo[i], backward(i, parameters));
        }
      }
      upTo[i] = Math.max(upTo[i], later); // differences are not negative
      later = upTo[i];
    }
    double whole = Math.max(later, backward(-1, parameters));
    for (int i = 0; i < layers.size(); i++) {
      seconds.merge(layers.get(i), (i == 0 ? whole : upTo[i - 1]) - upTo[i], Double::sum);
    }
    return seconds;
  }

  /** The trainable parameters of each call of a layer: a child's call comes before its parent's. */
  private List<List<Parameter>> parametersOf(List<String> layers) {
    List<Parameter> left = new ArrayList<>(model.parameters());
    left.removeIf(parameter -> !parameter.trainable());
    List<List<Parameter>> all = new ArrayList<>();
    for (String layer : layers) {
      String prefix = layer.replaceFirst(" ?\\([^(]*\\)$", "") + ".";
      List<Parameter> own =
          left.stream().filter(parameter -> parameter.name().startsWith(prefix)).toList();
      left.removeAll(own);
      all.add(own);
    }
    all.add(left); // of layers that are not observed
    return all;
  }

  /**
   * Measures the backward pass from the loss to a layer's output.
   *
   * @param layer the index of the layer; -1 for the whole backward pass
   */
  private double backward(int layer, List<List<Parameter>> parameters) {
    Map<Integer, NDArray> outputs = new HashMap<>();
    try (ForwardScope scope = ForwardScope.record(1)) {
      NDArray sum;
      try (LayerObserver observer =
          LayerObserver.begin(model, (name, output) -> outputs.put(outputs.size(), output))) {
        sum = model.loss(model.forward(batch), batch).sum();
      }
      List<NDArray> targets = new ArrayList<>();
      int last = layer < 0 ? parameters.size() : parameters.size() - 1;
      for (int i = layer + 1; i < last; i++) {
        parameters.get(i).forEach(parameter -> targets.add(parameter.value()));
      }
      NDArray output = outputs.get(layer);
      if (output != null && output.hasGradient()) {
        targets.add(output);
      }
      if (targets.isEmpty()) {
        return 0;
      }
      try (NativeList list = NativeList.of(targets)) {
        long begin = System.nanoTime();
        Kernel.IndexedArrays gradients = Torch.gradients(sum, list);
        double seconds = (System.nanoTime() - begin) * 1e-9;
        gradients.arrays().close();
        return seconds;
      }
    }
  }
}
