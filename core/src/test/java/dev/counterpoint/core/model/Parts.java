package dev.counterpoint.core.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.parameter.Parameter;
import java.util.Map;

/** Initialized model that only holds layers, so that tests can call them one by one. */
public final class Parts extends BaseModel {
  @Name("")
  private final Map<String, Layer> parts;

  private Parts(Map<String, Layer> parts) {
    this.parts = parts;
  }

  public static Parts of(Layer layer) {
    return of(Map.of("part", layer), 1);
  }

  public static Parts of(Map<String, Layer> parts, long seed) {
    Parts model = new Parts(parts);
    model.initialize(Device.cpu(), seed);
    return model;
  }

  public Parameter parameter(String name) {
    return parameters().stream().filter(it -> it.name().equals(name)).findFirst().orElseThrow();
  }

  public float[] values(String name) {
    return parameter(name).value().toFloatArray();
  }

  public void set(String name, float... values) {
    NDArray array = parameter(name).value();
    try (Torch.Recording noGradients = Torch.noGradients();
        NDArray target = array.getManager().create(values, array.getShape());
        NDArray difference = target.sub(array)) {
      array.addi(difference);
    }
  }

  @Override
  public NDArray forward(Batch batch) {
    throw new UnsupportedOperationException("Only the layers are called.");
  }

  @Override
  public Loss lossFunction() {
    return CrossEntropy.defaults();
  }
}
