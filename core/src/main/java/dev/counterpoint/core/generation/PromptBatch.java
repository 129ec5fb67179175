package dev.counterpoint.core.generation;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Torch;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Texts being read by a model, in Java's numbers: those that are shorter begin with padding, which
 * is masked, and count their positions from their own first token, as Hugging Face does.
 */
final class PromptBatch implements AutoCloseable {
  private final DecoderSession decoding;
  private final NDManager manager;
  private final int maxLength;
  private final int rows;
  private final int longest;
  private final int[] padding;
  private int read;

  /**
   * A reading of nothing yet.
   *
   * @param prompts what {@link #readPrompts} will read
   * @param maxLength the most tokens of a text that are looked at. A row that has ended is read on
   *     beside the others, all behind this at its last position: there may be no other.
   */
  PromptBatch(DecoderSession.Model model, List<long[]> prompts, int maxLength, Device device) {
    decoding = model.begin();
    this.maxLength = maxLength;
    manager = Torch.newManager(device);
    rows = prompts.size();
    longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
    padding = prompts.stream().mapToInt(prompt -> longest - prompt.length).toArray();
  }

  /** Reads all prompts: the logits (rows)(vocabulary) of what follows each. */
  double[][] readPrompts(List<long[]> prompts) {
    long[] ids = new long[rows * longest];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(
          prompts.get(row), 0, ids, row * longest + padding[row], prompts.get(row).length);
    }
    return read(ids, longest);
  }

  /** Reads one token more of each row. */
  double[][] readNext(long[] tokens) {
    return read(tokens, 1);
  }

  private double[][] read(long[] ids, int count) {
    try (NDScope scope = new NDScope();
        Torch.Recording off = Torch.noGradients()) {
      scope.suppressNotUsedWarning();
      Shape shape = new Shape(rows, count);
      NDArray positions = manager.create(positions(count), shape);
      read += count;
      NDArray logits = decoding.read(manager.create(ids, shape), positions, mask());
      return rows(logits.toFloatArray());
    }
  }

  private long[] positions(int count) {
    long[] positions = new long[rows * count];
    for (int i = 0; i < positions.length; i++) {
      int place = read + i % count - padding[i / count];
      positions[i] = Math.min(Math.max(0, place), maxLength - 1);
    }
    return positions;
  }

  private @Nullable NDArray mask() {
    if (Arrays.stream(padding).allMatch(count -> count == 0)) {
      return null;
    }
    float[] mask = new float[rows * read];
    for (int row = 0; row < rows; row++) {
      Arrays.fill(mask, row * read + padding[row], (row + 1) * read, 1);
    }
    return manager.create(mask, new Shape(rows, read));
  }

  private double[][] rows(float[] logits) {
    int vocabulary = logits.length / rows;
    double[][] split = new double[rows][vocabulary];
    for (int i = 0; i < logits.length; i++) {
      split[i / vocabulary][i % vocabulary] = logits[i];
    }
    return split;
  }

  /** Lets each row go on from another. */
  void select(long[] from) {
    try (NDScope scope = new NDScope();
        Torch.Recording off = Torch.noGradients()) {
      scope.suppressNotUsedWarning();
      decoding.select(manager.create(from));
    }
  }

  @Override
  public void close() {
    decoding.close();
    manager.close();
  }
}
