package dev.counterpoint.serving.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * A tensor of the Open Inference Protocol whose rows are examples.
 *
 * @param width the number of values in a row; 0 for a single value, shape (rows); -1 for any number
 */
record Tensor(String name, String datatype, int width) {
  /** The datatype of texts. */
  static final String BYTES = "BYTES";

  static Tensor of(String name, String datatype) {
    return new Tensor(name, datatype, 0);
  }

  static Tensor of(String name, String datatype, int width) {
    return new Tensor(name, datatype, width);
  }

  List<Integer> shape(int rows) {
    return width == 0 ? List.of(rows) : List.of(rows, width);
  }

  /** Name, datatype and shape. */
  ObjectNode describe(int rows) {
    ObjectNode object = JsonNodeFactory.instance.objectNode().put("name", name);
    object.put("datatype", datatype);
    shape(rows).forEach(object.putArray("shape")::add);
    return object;
  }
}
