package dev.counterpoint.runner.plan;

import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelSummary;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.runner.wiring.RunFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Prediction of the peak memory of a training process, in bytes, from the shapes of its arrays.
 *
 * @param weights the parameters
 * @param optimizer the state of the optimizer, and averaged weights
 * @param gradients the gradients
 * @param activations what the forward and backward passes of the longest micro-batch use at their
 *     peak besides the gradients of the parameters
 * @param fragments memory that is free, but in pieces that the allocator cannot reuse: in a long
 *     training as much as the activations, as measured with the built-in experiments
 * @param data the mapped files of the data, whose pages the system can take back
 * @param copies the arrays of a checkpoint that is written in the background
 * @param program data, code and the heap of the JVM beyond those of an empty start
 * @param peak the sum, which is the peak above an empty start
 */
record MemoryEstimate(
    long weights,
    long optimizer,
    long gradients,
    long activations,
    long fragments,
    long data,
    long copies,
    long program,
    long peak) {
  /** The memory of the program, measured with small models; depends little on the model. */
  private static final long PROGRAM = 85_000_000;

  /**
   * Predicts the memory.
   *
   * @param step the bytes of the forward and backward passes of the longest micro-batch at their
   *     peak, with the gradients of the parameters
   * @param savesBetween whether a checkpoint is saved before the last step
   */
  static MemoryEstimate of(BaseModel model, RunFile run, long step, boolean savesBetween) {
    ModelSummary summary = ModelSummary.of(model);
    long weights = summary.count() * Float.BYTES;
    long trainable = summary.trainable() * Float.BYTES;
    long slots = run.training().optimizer().slots().stream().filter(slot -> !slot.scalar()).count();
    long averages = run.training().averageWeights() == null ? 0 : 1;
    long optimizer = (slots + averages) * trainable;
    long activations = Math.max(0, step - trainable);
    long fragments = activations;
    // After the last step the copies take the place of the activations and fragments.
    long copied = run.checkpoint().background() ? weights + optimizer : 0;
    long copies = savesBetween ? copied : Math.max(0, copied - activations - fragments);
    long data = mappedBytes(CacheFolder.path());
    boolean accumulates = run.training().microBatch() < run.training().batchSize();
    long gradients = accumulates ? 2 * trainable : trainable; // those of a micro-batch are added
    return new MemoryEstimate(
        weights,
        optimizer,
        gradients,
        activations,
        fragments,
        data,
        copies,
        PROGRAM,
        weights + optimizer + gradients + activations + fragments + data + copies + PROGRAM);
  }

  /** The bytes of the files in a folder that this process maps, without libraries; Linux only. */
  private static long mappedBytes(Path folder) {
    try (Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"))) {
      String prefix = " " + folder.toRealPath() + "/";
      return mappings
          .filter(line -> line.contains(prefix) && !line.contains(".so"))
          .map(line -> line.substring(0, line.indexOf(' ')).split("-", -1))
          .mapToLong(range -> Long.parseLong(range[1], 16) - Long.parseLong(range[0], 16))
          .sum();
    } catch (IOException | UncheckedIOException e) {
      return 0;
    }
  }

  /** The bytes of a checkpoint. */
  long checkpoint() {
    return weights + optimizer;
  }
}
