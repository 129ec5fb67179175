package dev.counterpoint.core.safetensors;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.storage.DamagedFile;
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
 * The header of a safetensors file: a JSON object from each tensor's name to its type, shape and
 * byte range.
 *
 * <p>As strict as the format's own Rust library: the ranges lie one behind the other and cover the
 * data wholly, no name comes twice.
 */
record SafetensorsHeader(Map<String, String> metadata, SortedMap<String, StoredTensor> tensors) {
  /** Bytes of a header at most: the limit of the Rust library. */
  static final int LARGEST = 100_000_000;

  private static final String METADATA = "__metadata__";
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /**
   * Lays out tensors one behind the other, those of wider elements first and then by name, as the
   * Rust library does: so every tensor is aligned to its element, which PyTorch needs to map it.
   *
   * @param shapes from each name to a tensor whose range is not yet known
   */
  static SafetensorsHeader lay(Collection<StoredTensor> shapes) {
    List<StoredTensor> ordered = new ArrayList<>(shapes);
    ordered.sort(
        Comparator.comparing((StoredTensor tensor) -> -tensor.type().bytes())
            .thenComparing(StoredTensor::name));
    TreeMap<String, StoredTensor> tensors = new TreeMap<>();
    long begin = 0;
    for (StoredTensor tensor : ordered) {
      if (tensor.name().equals(METADATA)) {
        throw new IllegalArgumentException("No tensor can be named " + METADATA + ".");
      }
      long end = begin + tensor.shape().size() * tensor.type().bytes();
      tensors.put(
          tensor.name(),
          new StoredTensor(tensor.name(), tensor.type(), tensor.shape(), begin, end));
      begin = end;
    }
    return new SafetensorsHeader(Map.of("format", "pt"), tensors);
  }

  /** The tensors as their bytes follow each other. */
  List<StoredTensor> inOrder() {
    return inOrder(tensors.values());
  }

  private static List<StoredTensor> inOrder(Collection<StoredTensor> tensors) {
    List<StoredTensor> ordered = new ArrayList<>(tensors);
    ordered.sort(
        Comparator.comparingLong(StoredTensor::begin).thenComparingLong(StoredTensor::end));
    return ordered;
  }

  /** The file's first bytes: length, JSON, and spaces up to where the data is 8-byte aligned. */
  ByteBuffer encode() {
    ObjectNode root = JSON.createObjectNode();
    ObjectNode texts = root.putObject(METADATA);
    metadata.forEach(texts::put);
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
   * Reads the JSON of a header.
   *
   * @param dataBytes the bytes that follow the header in the file
   */
  static SafetensorsHeader parse(Path file, byte[] json, long dataBytes) throws DamagedFile {
    Map<String, String> metadata = new TreeMap<>();
    TreeMap<String, StoredTensor> tensors = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : object(file, json).properties()) {
      if (entry.getKey().equals(METADATA)) {
        metadata.putAll(metadata(file, entry.getValue()));
      } else {
        tensors.put(entry.getKey(), tensor(file, entry.getKey(), entry.getValue()));
      }
    }
    checkCover(file, tensors.values(), dataBytes);
    return new SafetensorsHeader(
        Collections.unmodifiableMap(metadata), Collections.unmodifiableSortedMap(tensors));
  }

  private static JsonNode object(Path file, byte[] json) throws DamagedFile {
    if (json.length == 0 || json[0] != '{') {
      throw new DamagedFile(file, "its header does not start with {, so it is no safetensors file");
    }
    try {
      // Decoded here: Jackson would guess at UTF-16 and UTF-32 too.
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
      return JSON.readTree(text);
    } catch (CharacterCodingException e) {
      throw new DamagedFile(file, "its header is not UTF-8");
    } catch (JsonProcessingException e) {
      throw new DamagedFile(file, "its header is not well-formed JSON: " + e.getOriginalMessage());
    }
  }

  private static Map<String, String> metadata(Path file, JsonNode node) throws DamagedFile {
    Map<String, String> texts = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!entry.getValue().isTextual()) {
        throw new DamagedFile(file, METADATA + "." + entry.getKey() + " is not text");
      }
      texts.put(entry.getKey(), entry.getValue().textValue());
    }
    if (!node.isObject()) {
      throw new DamagedFile(file, METADATA + " is not an object");
    }
    return texts;
  }

  private static StoredTensor tensor(Path file, String name, JsonNode node) throws DamagedFile {
    if (!node.isObject() || node.size() != 3) {
      throw new DamagedFile(
          file, tensor(name) + " is not described by dtype, shape and data_offsets alone");
    }
    String dtype = node.path("dtype").asText();
    StoredType type = StoredType.named(dtype);
    if (type == null) {
      throw new DamagedFile(file, tensor(name) + " has the unknown type \"" + dtype + "\"");
    }
    long[] offsets = numbers(file, name, node.path("data_offsets"), "data_offsets");
    if (offsets.length != 2 || offsets[0] > offsets[1]) {
      throw new DamagedFile(
          file, tensor(name) + " has the impossible byte range " + Arrays.toString(offsets));
    }
    long[] shape = numbers(file, name, node.path("shape"), "shape");
    StoredTensor tensor = new StoredTensor(name, type, new Shape(shape), offsets[0], offsets[1]);
    checkSize(file, tensor, shape);
    return tensor;
  }

  private static long[] numbers(Path file, String name, JsonNode node, String key)
      throws DamagedFile {
    long[] numbers = new long[node.size()];
    boolean good = node.isArray();
    for (int i = 0; good && i < numbers.length; i++) {
      JsonNode number = node.get(i);
      good = number.isIntegralNumber() && number.canConvertToLong() && number.longValue() >= 0;
      numbers[i] = number.longValue();
    }
    if (!good) {
      throw new DamagedFile(
          file, tensor(name) + ": its " + key + " is not a list of whole numbers from 0");
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
          file, range(tensor) + ": its shape " + Arrays.toString(shape) + " is too large");
    }
    if (needed != tensor.bytes()) {
      throw new DamagedFile(
          file,
          range(tensor)
              + ": its shape "
              + Arrays.toString(shape)
              + " of "
              + tensor.type()
              + " needs "
              + needed
              + " bytes");
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
                + (tensor.begin() < covered ? " overlaps" : " leaves a hole behind")
                + " the data before it, which ends at "
                + covered);
      }
      if (tensor.end() > dataBytes) {
        throw new DamagedFile(
            file, range(tensor) + " lies outside the file's " + dataBytes + " bytes of data");
      }
      covered = tensor.end();
    }
    if (covered != dataBytes) {
      throw new DamagedFile(file, (dataBytes - covered) + " bytes at its end belong to no tensor");
    }
  }

  private static String tensor(String name) {
    return "tensor \"" + name + "\"";
  }

  static String range(StoredTensor tensor) {
    return tensor(tensor.name()) + " (bytes " + tensor.begin() + " to " + tensor.end() + ")";
  }
}
