package dev.counterpoint.core.data.source;

import dev.counterpoint.core.data.DataSpec;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Context in which a data source is opened.
 *
 * @param cache a folder for files that are expensive to create and can be recreated
 * @param files resolves a path of the run file: relative paths are resolved against the run file's
 *     folder, and {@code builtin:NAME/SPLIT} names data that ships with the program
 * @param maxLength the maximum number of tokens of an example that the model accepts
 * @param seed the seed of the run
 * @param tokenizer a folder with the tokenizer that the model was previously trained with; null if
 *     the model is trained from scratch
 * @param trained the specification that the model was built for, with the order of its labels; no
 *     labels stand for those of the data; null if the model is trained from scratch
 * @param prediction how the predictions of a model that is evaluated are decoded; null for training
 */
public record DataContext(
    Path cache,
    Function<String, Path> files,
    int maxLength,
    long seed,
    @Nullable Path tokenizer,
    @Nullable DataSpec trained,
    @Nullable PredictionSettings prediction) {
  /** Context of a model that is trained from scratch. */
  public DataContext(Path cache, Function<String, Path> files, int maxLength, long seed) {
    this(cache, files, maxLength, seed, null, null, null);
  }

  /** Whether an already trained model gets a new head for the labels of the data. */
  public boolean hasNewTarget() {
    return trained != null && trained.labels().isEmpty();
  }

  /**
   * The maximum number of tokens of an example; {@code own} is the limit set for the data, or null.
   */
  public int length(@Nullable Integer own) {
    return own == null ? maxLength : Math.min(own, maxLength);
  }
}
