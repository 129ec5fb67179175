package dev.counterpoint.serving.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.FeatureView;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.inference.Pipeline;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The input tensors of a model in the Open Inference Protocol, and their conversion to inputs of
 * {@code predict --json}.
 *
 * @param tensors by name
 * @param isTable whether a tensor is a column, which may be missing
 */
record InputTensors(Map<String, Tensor> tensors, boolean isTable) {
  /** The number of bits by integer datatype; negative for signed ones. */
  private static final Map<String, Integer> INTEGERS =
      Map.of(
          "UINT8", 8, "UINT16", 16, "UINT32", 32, "UINT64", 64, "INT8", -8, "INT16", -16, "INT32",
          -32, "INT64", -64);

  private static final Set<String> FLOATS = Set.of("FP16", "BF16", "FP32", "FP64");

  /** The tensors that a model reads. */
  static InputTensors of(Pipeline pipeline) {
    int features = pipeline.config().data().features();
    if (pipeline.table().isPresent()) {
      return of(
          true,
          pipeline.signature().stream()
              .flatMap(
                  it -> Stream.concat(it.inputs().stream().map(InputTensors::column), keys(it))));
    }
    if (pipeline.kind() == Pipeline.Kind.RESULTS || pipeline.input().text2() == null) {
      return pipeline.kind() == Pipeline.Kind.ANSWERS
          ? of(
              false,
              Stream.of(Tensor.of("question", Tensor.BYTES), Tensor.of("context", Tensor.BYTES)))
          : of(
              false,
              Stream.of(
                  features > 0 && pipeline.kind() != Pipeline.Kind.RESULTS
                      ? Tensor.of("features", "FP32", features)
                      : Tensor.of("text", Tensor.BYTES)));
    }
    return of(false, Stream.of(Tensor.of("text", Tensor.BYTES), Tensor.of("text2", Tensor.BYTES)));
  }

  private static InputTensors of(boolean isTable, Stream<Tensor> tensors) {
    Map<String, Tensor> byName = new LinkedHashMap<>();
    tensors.forEach(it -> byName.put(it.name(), it));
    return new InputTensors(byName, isTable);
  }

  /** The keys of features; a value is a text or an integer. */
  private static Stream<Tensor> keys(ModelSignature signature) {
    List<FeatureView> views = signature.features() == null ? List.of() : signature.features();
    return views.stream()
        .map(FeatureView::key)
        .filter(key -> signature.inputs().stream().noneMatch(it -> it.name().equals(key)))
        .map(key -> Tensor.of(key, Tensor.BYTES));
  }

  private static Tensor column(ModelSignature.Field field) {
    return Tensor.of(field.name(), field.type().equals("numeric") ? "FP64" : Tensor.BYTES);
  }

  /**
   * Reads the {@code inputs} of a request.
   *
   * @param maxRows the maximum number of rows
   * @return one input per row
   * @throws InvalidSettings if they do not fit the model
   */
  List<JsonNode> read(JsonNode inputs, int maxRows) {
    if (!inputs.isArray() || inputs.isEmpty()) {
      throw new InvalidSettings("\"inputs\" must be a list of tensors: %s.", names());
    }
    List<ObjectNode> rows = new ArrayList<>();
    Set<String> given = new HashSet<>();
    for (int i = 0; i < inputs.size(); i++) {
      String origin = "inputs[" + i + "]";
      JsonNode input = inputs.get(i);
      String name = input.path("name").asText();
      Tensor tensor = tensors.get(name);
      if (tensor == null) {
        throw new InvalidSettings(
            "%s.name \"%s\" is not an input of the model%s Inputs: %s.",
            origin, Excerpt.ofItem(name), Nearest.suggestion(name, tensors.keySet()), names());
      }
      if (!given.add(name)) {
        throw new InvalidSettings("%s.name \"%s\" occurs twice.", origin, name);
      }
      int shape = input.path("shape").path(0).asInt();
      if (shape > maxRows) {
        throw new InvalidSettings(
            "%s.shape has %s rows; at most %s are allowed.", origin, shape, maxRows);
      }
      put(origin, tensor, input, rows, i == 0);
    }
    if (!isTable && given.size() < tensors.size()) {
      throw new InvalidSettings("\"inputs\" must contain all inputs of the model: %s.", names());
    }
    return List.copyOf(rows);
  }

  private String names() {
    return Excerpt.ofList(tensors.keySet());
  }

  private void put(
      String origin, Tensor tensor, JsonNode input, List<ObjectNode> rows, boolean first) {
    String datatype = input.path("datatype").asText();
    requireDatatype(origin, tensor, datatype);
    List<JsonNode> values = new ArrayList<>();
    flatten(input.path("data"), values);
    int size = rows(origin, tensor, input.path("shape"), values.size());
    requireShape(origin, input.path("data"), size, values.size() / size);
    if (first) {
      for (int i = 0; i < size; i++) {
        rows.add(JsonNodeFactory.instance.objectNode());
      }
    } else if (size != rows.size()) {
      throw new InvalidSettings(
          "%s.shape has %s rows, but inputs[0].shape has %s.", origin, size, rows.size());
    }
    for (int i = 0; i < values.size(); i++) {
      requireType(origin + ".data", values.get(i), datatype);
    }
    for (int row = 0; row < size; row++) {
      if (tensor.width() == 0) {
        rows.get(row).set(tensor.name(), values.get(row));
      } else {
        ArrayNode array = rows.get(row).putArray(tensor.name());
        array.addAll(values.subList(row * tensor.width(), (row + 1) * tensor.width()));
      }
    }
  }

  private void requireDatatype(String origin, Tensor tensor, String datatype) {
    boolean isNumber = INTEGERS.containsKey(datatype) || FLOATS.contains(datatype);
    boolean isKnown = isNumber || datatype.equals("BOOL") || datatype.equals(Tensor.BYTES);
    boolean isText = tensor.datatype().equals(Tensor.BYTES);
    if (!isKnown || (!isTable && (isText ? !datatype.equals(Tensor.BYTES) : !isNumber))) {
      throw new InvalidSettings(
          "%s.datatype \"%s\" is not allowed for \"%s\", whose datatype is %s.",
          origin, Excerpt.ofItem(datatype), tensor.name(), tensor.datatype());
    }
  }

  /** Checks the rows and the width of a nested list; a flat list is not checked. */
  private static void requireShape(String origin, JsonNode data, int rows, int width) {
    if (data.valueStream().noneMatch(JsonNode::isArray)) {
      return;
    }
    boolean fits = data.size() == rows;
    for (JsonNode row : data) {
      List<JsonNode> values = new ArrayList<>();
      flatten(row, values);
      fits &= values.size() == width;
    }
    if (!fits) {
      throw new InvalidSettings(
          "%s.data must be a flat list, or a list of %s rows of %s.", origin, rows, width);
    }
  }

  private static void flatten(JsonNode data, List<JsonNode> values) {
    if (data.isArray()) {
      data.forEach(it -> flatten(it, values));
    } else if (!data.isMissingNode()) {
      values.add(data);
    }
  }

  /** Checks that shape and values fit the tensor; returns the number of rows. */
  private static int rows(String origin, Tensor tensor, JsonNode shape, int values) {
    long elements = 1;
    boolean isValid = shape.isArray() && !shape.isEmpty();
    for (JsonNode size : shape) {
      isValid &= size.isInt() && size.intValue() > 0;
      elements = isValid && elements <= values ? elements * size.intValue() : elements;
    }
    int width = Math.max(1, tensor.width());
    if (!isValid || elements % width != 0 || elements / width != shape.get(0).intValue()) {
      throw new InvalidSettings(
          "%s.shape %s does not fit the input \"%s\" of shape %s.",
          origin, Excerpt.of(shape.toString()), tensor.name(), tensor.shape(-1));
    }
    if (elements != values) {
      throw new InvalidSettings(
          "%s.data has %s values, but the shape %s needs %s.",
          origin, values, Excerpt.of(shape.toString()), elements);
    }
    return shape.get(0).intValue();
  }

  private void requireType(String origin, JsonNode value, String datatype) {
    boolean fits =
        datatype.equals(Tensor.BYTES)
            ? value.isTextual()
            : datatype.equals("BOOL")
                ? value.isBoolean()
                : FLOATS.contains(datatype)
                    ? value.isNumber() && Double.isFinite(value.doubleValue())
                    : value.isIntegralNumber() && isInRange(value.bigIntegerValue(), datatype);
    if (!fits && !(isTable && value.isNull())) {
      throw new InvalidSettings(
          "%s has %s, which is not of the datatype %s.",
          origin, Excerpt.ofItem(value.toString()), datatype);
    }
  }

  private static boolean isInRange(BigInteger value, String datatype) {
    int bits = Objects.requireNonNull(INTEGERS.get(datatype));
    return bits > 0 ? value.signum() >= 0 && value.bitLength() <= bits : value.bitLength() < -bits;
  }
}
