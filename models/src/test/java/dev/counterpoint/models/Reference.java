package dev.counterpoint.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.optimizer.AdamW;
import dev.counterpoint.core.optimizer.Optimizer;
import dev.counterpoint.core.optimizer.ParameterGroup;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Hugging Face model and its recorded outputs, gradients and optimizer steps. */
public final class Reference implements AutoCloseable {
  public static final double OUTPUT_TOLERANCE = 1e-5;
  private static final double GRADIENT_TOLERANCE = 5e-6;
  private static final int STEPS = 5;

  private final Path folder;
  private final SafetensorsReader golden;
  private final NDManager manager = Torch.newManager(Device.cpu());

  public Reference(String name) {
    try {
      folder = Path.of(Reference.class.getResource("/reference/" + name + "/config.json").toURI());
      golden = SafetensorsReader.open(folder.resolveSibling("golden.safetensors"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public Path folder() {
    return folder.getParent();
  }

  public NDArray get(String name) {
    try {
      return golden.load(name, manager);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public long[] ids(String name) {
    return get(name).toLongArray();
  }

  /**
   * Creates a batch of recorded arrays.
   *
   * @param names recorded names by batch names
   */
  public HostBatch batch(Map<String, String> names) {
    Map<String, HostTensor> tensors = new TreeMap<>();
    names.forEach((name, recorded) -> tensors.put(name, tensor(name, get(recorded))));
    int examples = (int) get(names.get(Batch.IDS)).getShape().get(0);
    return HostBatch.of(examples, tensors);
  }

  private static HostTensor tensor(String name, NDArray array) {
    long[] shape = array.getShape().getShape();
    return name.equals(Batch.MASK)
        ? HostTensor.of(array.toType(DataType.FLOAT32, false).toFloatArray(), shape)
        : HostTensor.of(array.toLongArray(), shape);
  }

  /** Asserts that an array equals the recorded one with the given name. */
  public void check(String name, NDArray actual) {
    check(name, actual, OUTPUT_TOLERANCE);
  }

  private void check(String name, NDArray actual, double tolerance) {
    assertThat(actual.getShape()).as(name).isEqualTo(get(name).getShape());
    assertThat(distance(name, actual)).as(name).isLessThan(tolerance);
  }

  private double distance(String name, NDArray actual) {
    float[] expected = get(name).toFloatArray();
    float[] values = actual.toFloatArray();
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs(expected[i] - values[i]);
      largest = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(largest, difference);
    }
    return largest;
  }

  /** Asserts that the loss and all gradients equal the recorded ones. */
  public void checkLossAndGradients(BaseModel model, HostBatch host) {
    try (Batch batch = new Batch(host, Device.cpu());
        Gradients gradients = new Gradients(model.parameters())) {
      assertThat(backward(model, batch, gradients))
          .isCloseTo(get("out.loss").getFloat(), within(OUTPUT_TOLERANCE));
      gradients
          .all()
          .forEach(
              gradient ->
                  check(
                      "grad." + gradient.parameter().name(), gradient.array(), GRADIENT_TOLERANCE));
    }
  }

  /**
   * Asserts that five steps of AdamW give the recorded losses and parameters.
   *
   * @param excluded parameters that are not compared, because rounding errors dominate their
   *     updates
   */
  public void checkAdamW(BaseModel model, HostBatch host, Predicate<String> excluded) {
    ParameterGroup all = new ParameterGroup(List.of("*"), null, 0.01);
    float[] losses = get("adamw.losses").toFloatArray();
    try (Batch batch = new Batch(host, Device.cpu());
        Gradients gradients = new Gradients(model.parameters());
        Optimizer optimizer = Optimizer.create(AdamW.of(1e-3), model.parameters(), List.of(all))) {
      for (int step = 0; step < STEPS; step++) {
        assertThat(backward(model, batch, gradients))
            .isCloseTo(losses[step], within(OUTPUT_TOLERANCE));
        optimizer.step(gradients, learningRate -> learningRate);
        gradients.clear();
      }
      assertThat(backward(model, batch, gradients))
          .isCloseTo(losses[STEPS], within(OUTPUT_TOLERANCE));
    }
    model.parameters().stream()
        .filter(parameter -> !excluded.test(parameter.name()))
        .forEach(
            parameter ->
                check("adamw.param." + parameter.name(), parameter.value(), OUTPUT_TOLERANCE));
  }

  private static double backward(BaseModel model, Batch batch, Gradients gradients) {
    try (NDScope scope = new NDScope();
        Torch.Recording recording = Torch.recordGradients()) {
      scope.suppressNotUsedWarning();
      LossSum loss = model.loss(model.forward(batch), batch);
      gradients.add(loss.sum());
      gradients.scaleAndClipNorm(1 / loss.weight(), Double.POSITIVE_INFINITY);
      return loss.total() / loss.weight();
    }
  }

  @Override
  public void close() {
    manager.close();
    try {
      golden.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
