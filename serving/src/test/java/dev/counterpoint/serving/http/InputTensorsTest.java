package dev.counterpoint.serving.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.settings.InvalidSettings;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values of input tensors, in JSON and in binary form. */
final class InputTensorsTest {
  private static final InputTensors TABLE =
      new InputTensors(
          Map.of("rooms", Tensor.of("rooms", "FP64"), "place", Tensor.of("place", Tensor.BYTES)),
          true);
  private static final InputTensors FEATURES =
      new InputTensors(Map.of("features", Tensor.of("features", "FP32", 2)), false);

  private static JsonNode inputs(String name, String datatype, String shape, String rest)
      throws Exception {
    return new JsonMapper()
        .readTree(
            "[{\"name\": \"%s\", \"datatype\": \"%s\", \"shape\": %s, %s}]"
                .formatted(name, datatype, shape, rest));
  }

  @ParameterizedTest
  @CsvSource({
    "INT8, -128, -129",
    "INT8, 127, 128",
    "UINT8, 255, 256",
    "UINT8, 0, -1",
    "INT16, 32767, 32768",
    "UINT16, 65535, 65536",
    "INT32, -2147483648, 2147483648",
    "UINT32, 4294967295, 4294967296",
    "INT64, 9223372036854775807, 9223372036854775808",
    "UINT64, 18446744073709551615, 18446744073709551616",
    "FP64, 1e308, 1e309"
  })
  void aNumberMustFitItsDatatype(String datatype, String fits, String doesNotFit) throws Exception {
    assertThat(TABLE.read(inputs("rooms", datatype, "[1]", "\"data\": [" + fits + "]"), 9))
        .hasSize(1);
    assertThatThrownBy(
            () -> TABLE.read(inputs("rooms", datatype, "[1]", "\"data\": [" + doesNotFit + "]"), 9))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(datatype);
  }

  private static List<JsonNode> readBinary(
      InputTensors tensors, String name, String datatype, String shape, byte[] binary)
      throws Exception {
    JsonNode inputs =
        inputs(
            name, datatype, shape, "\"parameters\": {\"binary_data_size\": " + binary.length + "}");
    BinaryTensors.read(inputs, ByteBuffer.wrap(binary));
    return tensors.read(inputs, 9);
  }

  @ParameterizedTest
  @CsvSource({
    "BOOL, 01, true",
    "INT8, ff, -1",
    "UINT8, ff, 255",
    "INT16, 00ff, -256",
    "UINT16, 00ff, 65280",
    "INT32, 010000ff, -16777215",
    "UINT32, 010000ff, 4278190081",
    "INT64, 0100000000000080, -9223372036854775807",
    "UINT64, 0100000000000080, 9223372036854775809",
    "FP16, 003c, 1.0",
    "BF16, 803f, 1.0",
    "FP32, 0000803f, 1.0",
    "FP64, 000000000000f03f, 1.0",
    "FP32, 0000c07f, null",
  })
  void binaryValuesAreLittleEndian(String datatype, String bytes, String value) throws Exception {
    assertThat(readBinary(TABLE, "rooms", datatype, "[1]", HexFormat.of().parseHex(bytes)))
        .hasToString("[{\"rooms\":%s}]".formatted(value));
  }

  @Test
  void binaryTextsHaveTheirLengthsBeforeThem() throws Exception {
    byte[] word = "été".getBytes(StandardCharsets.UTF_8);
    ByteBuffer binary = ByteBuffer.allocate(13).order(ByteOrder.LITTLE_ENDIAN);
    binary.putInt(5).put(word).putInt(0);

    assertThat(readBinary(TABLE, "place", "BYTES", "[2]", binary.array()))
        .hasToString("[{\"place\":\"été\"}, {\"place\":\"\"}]");
  }

  @Test
  void binaryRowsHaveTheWidthOfTheTensor() throws Exception {
    ByteBuffer binary = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    binary.putFloat(1).putFloat(2).putFloat(3).putFloat(4);

    assertThat(readBinary(FEATURES, "features", "FP32", "[2, 2]", binary.array()))
        .hasToString("[{\"features\":[1.0,2.0]}, {\"features\":[3.0,4.0]}]");
  }

  @ParameterizedTest
  @CsvSource({
    "features, FP32, '[1, 2]', 0000803f00008",
    "features, FP32, '[1, 2]', 0000803f",
    "features, FP32, '[1, 2]', 0000803f0000807f",
    "features, FP32, '[1, 2]', 0000803f0000c07f",
    "features, FP128, '[1, 2]', 00",
  })
  void binaryValuesMustFitTheShapeAndBeFinite(
      String name, String datatype, String shape, String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex.length() % 2 == 0 ? hex : hex + "00000000000");
    assertThatThrownBy(() -> readBinary(FEATURES, name, datatype, shape, bytes))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("inputs[0]");
  }

  @ParameterizedTest
  @CsvSource({
    "ffffffff, has a length that is negative",
    "05000000616263, is shorter than its length",
    "01000000ff, is not UTF-8"
  })
  void invalidBinaryTextsAreRefused(String hex, String reason) {
    byte[] bytes = HexFormat.of().parseHex(hex);

    assertThatThrownBy(() -> readBinary(TABLE, "place", "BYTES", "[1]", bytes))
        .as(reason)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("binary_data_size");
  }

  @Test
  void theBytesAfterTheJsonMustBelongToTensors() throws Exception {
    JsonNode inputs = inputs("place", "BYTES", "[1]", "\"parameters\": {\"binary_data_size\": 9}");
    JsonNode text = inputs("place", "BYTES", "[1]", "\"data\": [\"a\"]");

    assertThatThrownBy(() -> BinaryTensors.read(inputs, ByteBuffer.wrap(new byte[5])))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("5 bytes");
    assertThatThrownBy(() -> BinaryTensors.read(text, ByteBuffer.wrap(new byte[5])))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("5 extra bytes");
  }
}
