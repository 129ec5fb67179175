package dev.counterpoint.core.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.safetensors.StoredTensor;
import dev.counterpoint.core.safetensors.TensorBytes;
import dev.counterpoint.core.storage.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The identity of a model's values: equal hashes, equal bits.
 *
 * <p>SHA-256, in lower-case hex, over every parameter (buffers too) in the order of {@link
 * String#compareTo} of the names. Of each go in: the name in UTF-8, a zero byte, the shape as
 * decimal numbers with commas between ({@code 3,4}; nothing for a scalar), a zero byte, and the
 * values in row-major order, little-endian.
 */
public final class ModelHash {
  private ModelHash() {}

  /** The hash of parameters that have values. */
  public static String of(List<Parameter> parameters) {
    return of(ModelWeights.byName(parameters));
  }

  /** The hash of arrays by name. */
  public static String of(Map<String, NDArray> arrays) {
    MessageDigest digest = Sha256.begin();
    TensorBytes bytes = new TensorBytes();
    new TreeMap<>(arrays)
        .forEach(
            (name, array) -> {
              begin(digest, name, array.getShape());
              bytes.send(array, digest::update);
            });
    return Sha256.hex(digest);
  }

  /**
   * The hash of the parameters that a safetensors file holds: the same as that of the model it was
   * saved from. float16 and bfloat16 count as the float32 that they are read as.
   */
  public static String of(Path safetensors) throws IOException {
    MessageDigest digest = Sha256.begin();
    try (SafetensorsReader reader = SafetensorsReader.open(safetensors)) {
      for (StoredTensor tensor : reader.tensors().values()) {
        begin(digest, tensor.name(), tensor.shape());
        reader.send(tensor, digest::update);
      }
    }
    return Sha256.hex(digest);
  }

  private static void begin(MessageDigest digest, String name, Shape shape) {
    String dimensions =
        Arrays.stream(shape.getShape()).mapToObj(Long::toString).collect(Collectors.joining(","));
    digest.update(name.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
    digest.update(dimensions.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }
}
