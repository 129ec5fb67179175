package dev.counterpoint.core.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.safetensors.StoredTensor;
import dev.counterpoint.core.safetensors.TensorBytes;
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
 * SHA-256 hash of a model's parameters: models with equal hashes have bit-identical values.
 *
 * <p>The hash is in lower-case hexadecimal and covers every parameter (buffers too), ordered by
 * name with {@link String#compareTo}. Each parameter contributes: its name in UTF-8, a zero byte,
 * its shape as comma-separated decimal numbers ({@code 3,4}; empty for a scalar), a zero byte, and
 * its values in row-major order, little-endian.
 */
public final class ModelHash {
  private ModelHash() {}

  /** The hash of initialized parameters. */
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
   * The hash of the parameters in a safetensors file, equal to the hash of the model that was
   * saved. float16 and bfloat16 are hashed as the float32 values that they are read as.
   *
   * @throws IOException if the file cannot be read
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
