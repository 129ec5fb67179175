package dev.counterpoint.models.huggingface;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Tensor names in a model family's published checkpoints.
 *
 * @param prefix prefix of the body, such as {@code bert}; checkpoints of the body alone lack it
 * @param buffers names of buffers, which are silently skipped
 * @param heads names, without the prefix, of task-specific tensors, which may be missing or unused
 */
public record StateDictNames(String prefix, Pattern buffers, Pattern heads) {
  /** The model's possible parameter names for a stored tensor, most likely first. */
  List<String> candidates(String stored) {
    String name = normalize(stored);
    return List.of(name, prefixDot() + name, withoutPrefix(name));
  }

  boolean isBuffer(String stored) {
    return buffers.matcher(withoutPrefix(stored)).matches();
  }

  boolean isHead(String name) {
    return heads.matcher(withoutPrefix(normalize(name))).matches();
  }

  private String withoutPrefix(String name) {
    return name.startsWith(prefixDot()) ? name.substring(prefixDot().length()) : name;
  }

  private String prefixDot() {
    return prefix + ".";
  }

  /** Replaces TensorFlow's names of layer-norm parameters, which the first BERT checkpoints use. */
  private static String normalize(String name) {
    return name.replaceAll("\\.gamma$", ".weight").replaceAll("\\.beta$", ".bias");
  }
}
