package dev.counterpoint.runner.plan;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.LayerObserver;
import dev.counterpoint.core.model.ModelSummary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The layers of a model with the shapes of their outputs, observed in one forward pass. */
final class ModelTrace {
  private ModelTrace() {}

  /**
   * Layers of equal shape.
   *
   * @param name the dotted path, with {@code *} for the numbers of a stack
   * @param shape the shape of the output; empty for layers that were not observed
   * @param count the number of layers
   * @param parameters the number of elements of all parameters of these layers, without those of
   *     other rows
   */
  public record Row(String name, String type, String shape, int count, long parameters) {}

  /** Collects the observed layers and shapes. */
  private static final class Observed {
    private final Map<String, String> shapes = new LinkedHashMap<>(); // by layer
    private final Map<String, String> layers =
        new HashMap<>(); // by path; several if they are fused

    void add(String layer, NDArray output) {
      shapes.putIfAbsent(layer, output.getShape().toString());
      layers.put(path(layer), layer);
    }

    void add(LayerObserver.Fused fused) {
      layers.remove(path(fused.name())); // which other layers below it do not belong to
      fused.layers().forEach(path -> layers.put(path, fused.name()));
    }

    /** The innermost observed layer of a parameter, or else the path of its own layer. */
    String owner(String parameter) {
      String owner = parent(parameter);
      for (String path = owner; !path.isEmpty(); path = parent(path)) {
        String layer = layers.get(path);
        if (layer != null) {
          return layer;
        }
      }
      return owner;
    }
  }

  /**
   * Traces a model with a batch in training mode.
   *
   * @return the layers in the order of their computation; equal layers of a stack are one row, and
   *     so are layers that one kernel computes together
   */
  static List<Row> of(BaseModel model, Batch batch) {
    Observed observed = new Observed();
    model.setTraining(true);
    try (ForwardScope scope = new ForwardScope();
        Torch.Recording off = Torch.noGradients();
        LayerObserver observer = LayerObserver.begin(model, observed::add, observed::add)) {
      model.forward(batch);
    }
    return rows(model, observed);
  }

  /**
   * The rows of the observed layers, each after the layers with earlier parameters that were not
   * observed.
   */
  private static List<Row> rows(BaseModel model, Observed observed) {
    Map<String, Long> counts = new LinkedHashMap<>(); // parameters by their owner
    for (ModelSummary.Row parameter : ModelSummary.of(model).rows()) {
      counts.merge(observed.owner(parameter.name()), parameter.count(), Long::sum);
    }
    List<String> owners = new ArrayList<>(counts.keySet());
    List<Row> rows = new ArrayList<>();
    observed.shapes.forEach(
        (layer, shape) -> {
          List<String> before = owners.subList(0, owners.indexOf(layer) + 1);
          before.forEach(owner -> addUnobserved(owner, observed, counts, rows));
          before.clear();
          rows.add(new Row(path(layer), type(layer), shape, 1, counts.getOrDefault(layer, 0L)));
        });
    owners.forEach(owner -> addUnobserved(owner, observed, counts, rows));
    return merged(rows);
  }

  private static void addUnobserved(
      String owner, Observed observed, Map<String, Long> counts, List<Row> rows) {
    if (!observed.shapes.containsKey(owner)) {
      rows.add(new Row(owner, "", "", 1, counts.getOrDefault(owner, 0L)));
    }
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
