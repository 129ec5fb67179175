package dev.counterpoint.runner.plan;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.LayerObserver;
import dev.counterpoint.core.model.ModelSummary;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The layers of a model with the shapes of their outputs, observed in one forward pass in training
 * mode.
 *
 * @param rows the layers in the order of their computation; equal layers of a stack are one row.
 *     Layers that one kernel computes together with a later layer have no shape
 * @param activations the bytes of the outputs, and of what fused layers keep for the backward pass
 * @param output the bytes of the output of the model
 */
record ModelTrace(List<Row> rows, long activations, long output) {

  /**
   * Layers of equal shape.
   *
   * @param name the dotted path, with {@code *} for the numbers of a stack
   * @param shape the shape of the output; empty for layers that are computed with a later one
   * @param count the number of layers
   * @param parameters the number of elements of all parameters of these layers, without those of
   *     other rows
   */
  record Row(String name, String type, String shape, int count, long parameters) {}

  /** Collects what the observer reports. */
  private static final class Observed {
    private final Map<String, String> shapes = new LinkedHashMap<>();
    private long bytes;
    private @Nullable NDArray last;

    void add(String layer, NDArray output) {
      shapes.merge(layer, output.getShape().toString(), (first, second) -> first);
      if (output != last) { // A layer may return the output of its last part.
        bytes += output.size() * output.getDataType().getNumOfBytes();
        last = output;
      }
    }
  }

  /** Traces a model with a batch. */
  static ModelTrace of(BaseModel model, Batch batch) {
    Observed observed = new Observed();
    long output;
    boolean training = model.training();
    model.setTraining(true);
    try (ForwardScope scope = new ForwardScope();
        Torch.Recording off = Torch.noGradients();
        LayerObserver observer =
            LayerObserver.begin(model, observed::add, bytes -> observed.bytes += bytes)) {
      NDArray result = model.forward(batch);
      output = result.size() * result.getDataType().getNumOfBytes();
    } finally {
      model.setTraining(training);
    }
    return new ModelTrace(rows(model, observed.shapes), observed.bytes, output);
  }

  /**
   * The rows of the observed layers, each after the layers with earlier parameters that were not
   * observed.
   */
  private static List<Row> rows(BaseModel model, Map<String, String> shapes) {
    Map<String, String> layers = new LinkedHashMap<>(); // type by path
    shapes.forEach((layer, shape) -> layers.put(path(layer), layer));
    Map<String, Long> counts = new LinkedHashMap<>(); // parameters by the path of their layer
    for (ModelSummary.Row parameter : ModelSummary.of(model).rows()) {
      counts.merge(owner(parameter.name(), layers), parameter.count(), Long::sum);
    }
    List<String> owners = List.copyOf(counts.keySet());
    List<Row> rows = new ArrayList<>();
    int next = 0;
    for (Map.Entry<String, String> layer : layers.entrySet()) {
      String path = layer.getKey();
      for (; next <= owners.indexOf(path); next++) {
        addUnobserved(owners.get(next), layers, counts, rows);
      }
      String shape = Objects.requireNonNull(shapes.get(layer.getValue()));
      rows.add(new Row(path, type(layer.getValue()), shape, 1, counts.getOrDefault(path, 0L)));
    }
    for (; next < owners.size(); next++) {
      addUnobserved(owners.get(next), layers, counts, rows);
    }
    return merged(rows);
  }

  private static void addUnobserved(
      String owner, Map<String, String> layers, Map<String, Long> counts, List<Row> rows) {
    if (!layers.containsKey(owner)) {
      rows.add(new Row(owner, "", "", 1, counts.getOrDefault(owner, 0L)));
    }
  }

  /** The path of the innermost observed layer, or of the layer that has the parameter. */
  private static String owner(String parameter, Map<String, String> layers) {
    String layer = parent(parameter);
    for (String path = layer; !path.isEmpty(); path = parent(path)) {
      if (layers.containsKey(path)) {
        return path;
      }
    }
    return layer;
  }

  private static String parent(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('.')));
  }

  private static String path(String layer) {
    return layer.substring(0, Math.max(0, layer.lastIndexOf(" (")));
  }

  private static String type(String layer) {
    return layer.substring(layer.lastIndexOf('(') + 1, layer.length() - 1);
  }

  private static List<Row> merged(List<Row> rows) {
    Map<List<Object>, Row> merged = new LinkedHashMap<>();
    for (Row row : rows) {
      String name = row.name().replaceAll("(?<=\\.|^)\\d+(?=\\.|$)", "*");
      merged.merge(
          List.of(name, row.type(), row.shape(), row.parameters()),
          row,
          (one, other) ->
              new Row(
                  name,
                  one.type(),
                  one.shape(),
                  one.count() + 1,
                  one.parameters() + other.parameters()));
    }
    return List.copyOf(merged.values());
  }
}
