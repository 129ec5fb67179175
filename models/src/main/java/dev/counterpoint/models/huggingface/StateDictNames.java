package dev.counterpoint.models.huggingface;

import java.util.List;
import java.util.regex.Pattern;

/**
 * What the tensors of a family's published checkpoints are called, beside the names that a model's
 * parameters have.
 *
 * @param prefix of the body, as {@code bert}; checkpoints of the bare body lack it
 * @param buffers names of what is no weight, and of tied copies: passed over in silence
 * @param heads names, without the prefix, of what one task has and another has not: may be missing,
 *     and may be left aside
 */
public record StateDictNames(String prefix, Pattern buffers, Pattern heads) {
  /** The names that a stored tensor may go by in a model, the likeliest first. */
  List<String> candidates(String stored) {
    String name = modern(stored);
    return List.of(name, dotted() + name, bare(name));
  }

  boolean isBuffer(String stored) {
    return buffers.matcher(bare(stored)).matches();
  }

  boolean isOfHead(String name) {
    return heads.matcher(bare(modern(name))).matches();
  }

  private String bare(String name) {
    return name.startsWith(dotted()) ? name.substring(dotted().length()) : name;
  }

  private String dotted() {
    return prefix + ".";
  }

  /** TensorFlow's names for the parts of a layer norm, which the first BERT checkpoints kept. */
  private static String modern(String name) {
    return name.replaceAll("\\.gamma$", ".weight").replaceAll("\\.beta$", ".bias");
  }
}
