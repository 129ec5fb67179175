package dev.counterpoint.core.data.source;

import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a data source is told.
 *
 * @param cache a folder for what takes long to make and may be made again
 * @param files turns a path as the run file has it into a file: relative paths count from the run
 *     file's folder, and {@code builtin:NAME/SPLIT} is data that ships with the program
 * @param maxLength the most tokens of an item that the model takes
 * @param seed the run's
 * @param tokenizer a folder with the tokenizer that the model was trained with before; null where
 *     the model starts from nothing
 */
public record DataContext(
    Path cache, Function<String, Path> files, int maxLength, long seed, @Nullable Path tokenizer) {
  /** For a model that starts from nothing. */
  public DataContext(Path cache, Function<String, Path> files, int maxLength, long seed) {
    this(cache, files, maxLength, seed, null);
  }
}
