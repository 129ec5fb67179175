package dev.counterpoint.serving.http;

import ai.djl.util.Float16Utils;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The binary tensor data extension of the Open Inference Protocol, as Triton's clients use it: the
 * values of tensors follow the JSON, little-endian, in the order of the tensors. A text is its
 * length in 4 bytes, and UTF-8. Source: docs/protocol/extension_binary_data.md of
 * github.com/triton-inference-server/server.
 */
final class BinaryTensors {
  /** The header with the length of the JSON. */
  static final String JSON_LENGTH = "inference-header-content-length";

  private static final String DATA = "data";
  private static final String SIZE = "binary_data_size";
  private static final String PARAMETERS = "parameters";

  private BinaryTensors() {}

  /**
   * Sets the {@code data} of the tensors whose values follow the JSON of a request.
   *
   * @param binary what follows the JSON
   * @throws InvalidSettings if its size, or a value, does not fit
   */
  static void read(JsonNode inputs, ByteBuffer binary) {
    binary.order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < inputs.size(); i++) {
      JsonNode size = inputs.path(i).path(PARAMETERS).path(SIZE); // inputs may be no list
      if (size.isMissingNode() || !(inputs.path(i) instanceof ObjectNode input)) {
        continue;
      }
      String origin = "inputs[" + i + "]." + PARAMETERS + "." + SIZE;
      if (!size.isInt() || size.intValue() < 0 || size.intValue() > binary.remaining()) {
        throw new InvalidSettings(
            "%s is %s; %s bytes are left.",
            origin, Excerpt.ofItem(size.toString()), binary.remaining());
      }
      if (input.has(DATA)) {
        throw new InvalidSettings("%s and \"data\" are mutually exclusive; send one.", origin);
      }
      ByteBuffer values = binary.slice().order(ByteOrder.LITTLE_ENDIAN).limit(size.intValue());
      binary.position(binary.position() + size.intValue());
      input.set(DATA, values(origin, input.path("datatype").asText(), values));
    }
    if (binary.hasRemaining()) {
      throw new InvalidSettings(
          "The body has %s extra bytes after the JSON and the tensors of inputs.",
          binary.remaining());
    }
  }

  private static ArrayNode values(String origin, String datatype, ByteBuffer values) {
    ArrayNode data = JsonNodeFactory.instance.arrayNode();
    try {
      while (values.hasRemaining()) {
        data.add(value(origin, datatype, values));
      }
    } catch (BufferUnderflowException e) {
      throw new InvalidSettings(
          "%s ends within a value of the datatype %s.", origin, Excerpt.ofItem(datatype));
    }
    return data;
  }

  private static JsonNode value(String origin, String datatype, ByteBuffer from) {
    return switch (datatype) {
      case "BOOL" -> BooleanNode.valueOf(from.get() != 0);
      case "INT8" -> IntNode.valueOf(from.get());
      case "UINT8" -> IntNode.valueOf(Byte.toUnsignedInt(from.get()));
      case "INT16" -> IntNode.valueOf(from.getShort());
      case "UINT16" -> IntNode.valueOf(Short.toUnsignedInt(from.getShort()));
      case "INT32" -> IntNode.valueOf(from.getInt());
      case "UINT32" -> LongNode.valueOf(Integer.toUnsignedLong(from.getInt()));
      case "INT64" -> LongNode.valueOf(from.getLong());
      case "UINT64" ->
          JsonNodeFactory.instance.numberNode(
              new BigInteger(Long.toUnsignedString(from.getLong())));
      case "FP16" -> number(Float16Utils.halfToFloat(from.getShort()));
      case "BF16" -> number(Float.intBitsToFloat(from.getShort() << 16));
      case "FP32" -> number(from.getFloat());
      case "FP64" -> number(from.getDouble());
      case Tensor.BYTES -> text(origin, from);
      default ->
          throw new InvalidSettings(
              "%s is not allowed for the datatype \"%s\".", origin, Excerpt.ofItem(datatype));
    };
  }

  /** Converts a number to JSON; NaN is a missing value. */
  private static JsonNode number(double value) {
    return Double.isNaN(value) ? NullNode.getInstance() : DoubleNode.valueOf(value);
  }

  private static TextNode text(String origin, ByteBuffer from) {
    int length = from.getInt();
    if (length < 0 || length > from.remaining()) {
      throw new BufferUnderflowException();
    }
    ByteBuffer text = from.slice().limit(length);
    from.position(from.position() + length);
    try {
      return TextNode.valueOf(StandardCharsets.UTF_8.newDecoder().decode(text).toString());
    } catch (CharacterCodingException e) {
      throw new InvalidSettings("%s has a text that is not UTF-8.", origin);
    }
  }

  /** Whether a request asks for an output in binary form. */
  static boolean isRequested(JsonNode request, String output) {
    for (JsonNode each : request.path("outputs")) {
      JsonNode own = each.path(PARAMETERS).path("binary_data");
      if (each.path("name").asText().equals(output) && own.isBoolean()) {
        return own.booleanValue();
      }
    }
    return request.path(PARAMETERS).path("binary_data_output").asBoolean();
  }

  /** Moves the values of an output tensor from its JSON to the end of a stream. */
  static void write(ObjectNode output, ByteArrayOutputStream to) {
    int before = to.size();
    for (JsonNode value : output.remove(DATA)) {
      to.writeBytes(bytes(output.path("datatype").asText(), value));
    }
    output.putObject(PARAMETERS).put(SIZE, to.size() - before);
  }

  private static byte[] bytes(String datatype, JsonNode value) {
    return switch (datatype) {
      case "BOOL" -> new byte[] {(byte) (value.booleanValue() ? 1 : 0)};
      case "INT64" -> bytes(Long.BYTES).putLong(value.longValue()).array();
      case "FP64" ->
          bytes(Double.BYTES)
              .putDouble(value.isNumber() ? value.doubleValue() : Double.NaN)
              .array();
      default -> {
        byte[] text = value.asText().getBytes(StandardCharsets.UTF_8);
        yield bytes(Integer.BYTES + text.length).putInt(text.length).put(text).array();
      }
    };
  }

  private static ByteBuffer bytes(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
