package dev.counterpoint.core.safetensors;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Formats;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The header of a safetensors file: a JSON object that maps each tensor's name to its type, shape
 * and byte range.
 *
 * <p>Validation is as strict as in the Rust library {@code safetensors}: the byte ranges must be
 * contiguous and cover all data, and names must be unique.
 */
record SafetensorsHeader(SortedMap<String, StoredTensor> tensors) {
  /** The maximum size of a header in bytes; the limit of the Rust library. */
  static final int MAX_BYTES = 100_000_000;

  private static final String METADATA = "__metadata__";
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /**
   * Assigns contiguous byte ranges to tensors, ordered by element size (largest first) and then by
   * name, as the Rust library does. Every tensor is thus aligned to its element size, which PyTorch
   * requires to memory-map it.
   *
   * @param shapes tensors whose byte ranges are not assigned yet
   */
  static SafetensorsHeader layOut(Collection<StoredTensor> shapes) {
    List<StoredTensor> ordered = new ArrayList<>(shapes);
    ordered.sort(
        Comparator.comparing((StoredTensor tensor) -> -tensor.type().bytes())
            .thenComparing(StoredTensor::name));
    TreeMap<String, StoredTensor> tensors = new TreeMap<>();
    long begin = 0;
    for (StoredTensor tensor : ordered) {
      if (tensor.name().equals(METADATA)) {
        throw new IllegalArgumentException(
            "A tensor must not be named " + METADATA + ": the safetensors format reserves it.");
      }
      long end = begin + tensor.shape().size() * tensor.type().bytes();
      tensors.put(
          tensor.name(),
          new StoredTensor(tensor.name(), tensor.type(), tensor.shape(), begin, end));
      begin = end;
    }
    return new SafetensorsHeader(tensors);
  }

  /** The tensors in the order of their bytes in the file. */
  List<StoredTensor> inOrder() {
    return inOrder(tensors.values());
  }

  private static List<StoredTensor> inOrder(Collection<StoredTensor> tensors) {
    List<StoredTensor> ordered = new ArrayList<>(tensors);
    ordered.sort(
        Comparator.comparingLong(StoredTensor::begin).thenComparingLong(StoredTensor::end));
    return ordered;
  }

  /** Encodes the start of the file: header length, JSON, and padding to 8 bytes. */
  ByteBuffer encode() {
    ObjectNode root = JSON.createObjectNode();
    root.putObject(METADATA).put("format", "pt");
    for (StoredTensor tensor : inOrder()) {
      ObjectNode entry = root.putObject(tensor.name());
      entry.put("dtype", tensor.type().name());
      Arrays.stream(tensor.shape().getShape()).forEach(entry.putArray("shape")::add);
      entry.putArray("data_offsets").add(tensor.begin()).add(tensor.end());
    }
    byte[] json = root.toString().getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    return ByteBuffer.allocate(8 + padded.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(padded.length)
        .put(padded)
        .flip();
  }

  /**
   * Parses and validates the JSON of a header.
   *
   * @param file the file, for error messages
   * @param dataBytes the number of bytes that follow the header in the file
   * @throws DamagedFile if the header violates the format
   */
  static SafetensorsHeader parse(Path file, byte[] json, long dataBytes) throws DamagedFile {
    TreeMap<String, StoredTensor> tensors = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : object(file, json).properties()) {
      if (entry.getKey().equals(METADATA)) {
        checkMetadata(file, entry.getValue());
      } else {
        tensors.put(entry.getKey(), tensor(file, entry.getKey(), entry.getValue()));
      }
    }
    checkCover(file, tensors.values(), dataBytes);
    return new SafetensorsHeader(Collections.unmodifiableSortedMap(tensors));
  }

  private static JsonNode object(Path file, byte[] json) throws DamagedFile {
    if (json.length == 0 || json[0] != '{') {
      throw new DamagedFile(
          file, "its header does not start with {, so it is not a safetensors file");
    }
    try {
      // Decoded here because Jackson would also auto-detect UTF-16 and UTF-32.
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
      return JSON.readTree(text);
    } catch (CharacterCodingException e) {
      throw new DamagedFile(file, "its header is not UTF-8");
    } catch (JsonProcessingException e) {
      throw new DamagedFile(file, "its header is not valid JSON: " + Json.problem(e));
    }
  }

  private static void checkMetadata(Path file, JsonNode node) throws DamagedFile {
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!entry.getValue().isTextual()) {
        throw new DamagedFile(file, METADATA + "." + entry.getKey() + " is not a string");
      }
    }
    if (!node.isObject()) {
      throw new DamagedFile(file, METADATA + " is not an object");
    }
  }

  private static StoredTensor tensor(Path file, String name, JsonNode node) throws DamagedFile {
    if (!node.isObject() || node.size() != 3) {
      throw new DamagedFile(
          file, tensor(name) + " must have exactly the keys dtype, shape and data_offsets");
    }
    String dtype = node.path("dtype").asText();
    StoredType type = StoredType.named(dtype);
    if (type == null) {
      throw new DamagedFile(file, tensor(name) + " has the unknown dtype \"" + dtype + "\"");
    }
    long[] offsets = numbers(file, name, node.path("data_offsets"), "data_offsets");
    if (offsets.length != 2 || offsets[0] > offsets[1]) {
      throw new DamagedFile(
          file, tensor(name) + " has the invalid byte range " + Arrays.toString(offsets));
    }
    long[] shape = numbers(file, name, node.path("shape"), "shape");
    StoredTensor tensor = new StoredTensor(name, type, new Shape(shape), offsets[0], offsets[1]);
    checkSize(file, tensor, shape);
    return tensor;
  }

  private static long[] numbers(Path file, String name, JsonNode node, String key)
      throws DamagedFile {
    long[] numbers = new long[node.size()];
    boolean valid = node.isArray();
    for (int i = 0; valid && i < numbers.length; i++) {
      JsonNode number = node.get(i);
      valid = number.isIntegralNumber() && number.canConvertToLong() && number.longValue() >= 0;
      numbers[i] = number.longValue();
    }
    if (!valid) {
      throw new DamagedFile(
          file, tensor(name) + ": " + key + " is not a list of non-negative integers");
    }
    return numbers;
  }

  private static void checkSize(Path file, StoredTensor tensor, long[] shape) throws DamagedFile {
    long needed = tensor.type().bytes();
    try {
      for (long dimension : shape) {
        needed = Math.multiplyExact(needed, dimension);
      }
    } catch (ArithmeticException e) {
      throw new DamagedFile(
          file, range(tensor) + ": shape " + Arrays.toString(shape) + " is too large");
    }
    if (needed != tensor.bytes()) {
      throw new DamagedFile(
          file,
          Formats.of(
              "%s: shape %s of %s needs %s bytes",
              range(tensor), Arrays.toString(shape), tensor.type(), needed));
    }
  }

  private static void checkCover(Path file, Collection<StoredTensor> tensors, long dataBytes)
      throws DamagedFile {
    long covered = 0;
    for (StoredTensor tensor : inOrder(tensors)) {
      if (tensor.begin() != covered) {
        throw new DamagedFile(
            file,
            range(tensor)
                + (tensor.begin() < covered ? " overlaps" : " leaves a gap after")
                + " the preceding data, which ends at byte "
                + covered);
      }
      if (tensor.end() > dataBytes) {
        throw new DamagedFile(
            file, range(tensor) + " exceeds the file's " + dataBytes + " bytes of data");
      }
      covered = tensor.end();
    }
    if (covered != dataBytes) {
      throw new DamagedFile(
          file, (dataBytes - covered) + " trailing bytes do not belong to any tensor");
    }
  }

  private static String tensor(String name) {
    return "tensor \"" + name + "\"";
  }

  static String range(StoredTensor tensor) {
    return tensor(tensor.name()) + " (bytes " + tensor.begin() + " to " + tensor.end() + ")";
  }
}
