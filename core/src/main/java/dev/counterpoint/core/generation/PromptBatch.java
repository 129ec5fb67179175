package dev.counterpoint.core.generation;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Batch of sequences being decoded. Shorter prompts are padded on the left; the padding is masked,
 * and positions count from the first token of each sequence, as in Hugging Face.
 */
final class PromptBatch implements AutoCloseable {
  private final DecoderSession session;
  private final NDManager manager;
  private final int maxLength;
  private final int rows;
  private final int longest;
  private final int[] padding;
  private int processed;

  /**
   * Creates a batch with an empty cache.
   *
   * @param prompts the prompts that will be passed to {@link #forwardPrompts}
   * @param maxLength maximum number of tokens per sequence. A finished row keeps being processed
   *     with the others; its tokens beyond the maximum all get the last position, because there is
   *     no other.
   */
  PromptBatch(DecoderSession.Model model, List<long[]> prompts, int maxLength, Device device) {
    session = model.newSession();
    this.maxLength = maxLength;
    manager = Torch.newManager(device);
    rows = prompts.size();
    longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
    padding = prompts.stream().mapToInt(prompt -> longest - prompt.length).toArray();
  }

  /**
   * Processes all prompts. Returns the logits (rows)(vocabulary) of the token after each prompt.
   */
  double[][] forwardPrompts(List<long[]> prompts) {
    long[] ids = new long[rows * longest];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(
          prompts.get(row), 0, ids, row * longest + padding[row], prompts.get(row).length);
    }
    return forward(ids, longest);
  }

  /** Processes one more token of each row. */
  double[][] forwardNext(long[] tokens) {
    return forward(tokens, 1);
  }

  private double[][] forward(long[] ids, int count) {
    try (NDScope scope = Torch.newScope();
        Torch.Recording noGradients = Torch.noGradients()) {
      Shape shape = new Shape(rows, count);
      NDArray positions = manager.create(positions(count), shape);
      processed += count;
      NDArray logits = session.forward(manager.create(ids, shape), positions, mask());
      return rows(logits.toFloatArray());
    }
  }

  private long[] positions(int count) {
    long[] positions = new long[rows * count];
    for (int i = 0; i < positions.length; i++) {
      int position = processed + i % count - padding[i / count];
      positions[i] = Math.min(Math.max(0, position), maxLength - 1);
    }
    return positions;
  }

  private @Nullable NDArray mask() {
    if (Arrays.stream(padding).allMatch(count -> count == 0)) {
      return null;
    }
    float[] mask = new float[rows * processed];
    for (int row = 0; row < rows; row++) {
      Arrays.fill(mask, row * processed + padding[row], (row + 1) * processed, 1);
    }
    return manager.create(mask, new Shape(rows, processed));
  }

  private double[][] rows(float[] logits) {
    int vocabulary = logits.length / rows;
    double[][] split = new double[rows][vocabulary];
    for (int i = 0; i < logits.length; i++) {
      split[i / vocabulary][i % vocabulary] = logits[i];
    }
    for (double[] row : split) {
      double highest = Arrays.stream(row).max().orElse(0); // NaN if any value is NaN
      if (!Double.isFinite(highest)) {
        throw new InvalidSettings(
            "The highest logit of the next token is %s: the weights of the model are not finite"
                + " or too large.",
            highest);
      }
    }
    return split;
  }

  /**
   * Reorders the rows.
   *
   * @param rows the previous index of each row
   */
  void reorder(long[] rows) {
    try (NDScope scope = Torch.newScope();
        Torch.Recording noGradients = Torch.noGradients()) {
      session.reorder(manager.create(rows));
    }
  }

  @Override
  public void close() {
    session.close();
    manager.close();
  }
}
