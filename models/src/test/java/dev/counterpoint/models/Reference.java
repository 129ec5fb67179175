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

/** A model of Hugging Face's and what was recorded of it. */
public final class Reference implements AutoCloseable {
  public static final double OUTPUTS = 1e-5;
  private static final double GRADIENTS = 5e-6;
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
   * A batch of recorded arrays.
   *
   * @param names from the batch's names to the recorded ones
   */
  public HostBatch batch(Map<String, String> names) {
    Map<String, HostTensor> tensors = new TreeMap<>();
    names.forEach((name, recorded) -> tensors.put(name, tensor(name, get(recorded))));
    int items = (int) get(names.get(Batch.IDS)).getShape().get(0);
    return HostBatch.of(items, tensors);
  }

  private static HostTensor tensor(String name, NDArray array) {
    long[] shape = array.getShape().getShape();
    return name.equals(Batch.MASK)
        ? HostTensor.of(array.toType(DataType.FLOAT32, false).toFloatArray(), shape)
        : HostTensor.of(array.toLongArray(), shape);
  }

  /** Holds an array against the recorded one of that name. */
  public void check(String name, NDArray actual) {
    check(name, actual, OUTPUTS);
  }

  private void check(String name, NDArray actual, double tolerance) {
    assertThat(actual.getShape()).as(name).isEqualTo(get(name).getShape());
    assertThat(distance(name, actual)).as(name).isLessThan(tolerance);
  }

  private double distance(String name, NDArray actual) {
    float[] expected = get(name).toFloatArray();
    float[] found = actual.toFloatArray();
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      double apart = Math.abs(expected[i] - found[i]);
      largest = Double.isNaN(apart) ? Double.POSITIVE_INFINITY : Math.max(largest, apart);
    }
    return largest;
  }

  /** The loss and every gradient are the recorded ones. */
  public void checkLossAndGradients(BaseModel model, HostBatch host) {
    try (Batch batch = new Batch(host, Device.cpu());
        Gradients gradients = new Gradients(model.parameters())) {
      assertThat(backward(model, batch, gradients))
          .isCloseTo(get("out.loss").getFloat(), within(OUTPUTS));
      gradients
          .all()
          .forEach(
              gradient ->
                  check("grad." + gradient.parameter().name(), gradient.array(), GRADIENTS));
    }
  }

  /** Five steps of AdamW have the recorded losses and lead to the recorded parameters. */
  public void checkAdamW(BaseModel model, HostBatch host, Predicate<String> noise) {
    ParameterGroup all = new ParameterGroup(List.of("*"), null, 0.01);
    float[] losses = get("adamw.losses").toFloatArray();
    try (Batch batch = new Batch(host, Device.cpu());
        Gradients gradients = new Gradients(model.parameters());
        Optimizer optimizer = Optimizer.create(AdamW.of(1e-3), model.parameters(), List.of(all))) {
      for (int step = 0; step < STEPS; step++) {
        assertThat(backward(model, batch, gradients)).isCloseTo(losses[step], within(OUTPUTS));
        optimizer.step(gradients, rate -> rate);
        gradients.clear();
      }
      assertThat(backward(model, batch, gradients)).isCloseTo(losses[STEPS], within(OUTPUTS));
    }
    model.parameters().stream()
        .filter(parameter -> !noise.test(parameter.name()))
        .forEach(parameter -> check("adamw.param." + parameter.name(), parameter.value(), OUTPUTS));
  }

  private static double backward(BaseModel model, Batch batch, Gradients gradients) {
    try (NDScope scope = new NDScope();
        Torch.Recording on = Torch.recordGradients()) {
      scope.suppressNotUsedWarning();
      LossSum loss = model.loss(model.forward(batch), batch);
      gradients.add(loss.sum());
      gradients.scale(1 / loss.weight());
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
