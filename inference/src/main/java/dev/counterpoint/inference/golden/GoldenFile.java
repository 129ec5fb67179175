package dev.counterpoint.inference.golden;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The content of {@value ModelFolder#GOLDEN}.
 *
 * @param version the version of the format, 1
 * @param environment what selects the kernels of libtorch; with the same values, outputs are equal
 *     bit by bit
 * @param tolerance the largest difference of outputs in another environment, relative to the
 *     largest output of the example, but at least to 1
 * @param files the SHA-256 of each file of the model, by name
 */
record GoldenFile(
    int version,
    Map<String, String> environment,
    double tolerance,
    Map<String, String> files,
    List<Example> examples) {
  /**
   * An input and what the model computed for it.
   *
   * @param input a JSON object of {@code predict --json}
   * @param ids the token ids of the input; of several windows one after another
   * @param alone the outputs of the model for this input alone, before decoding, see {@link Replay}
   * @param batch the outputs of the model for this input in one batch of all examples
   * @param prediction the SHA-256 of both predictions as JSON
   */
  record Example(
      ObjectNode input, List<Long> ids, List<Float> alone, List<Float> batch, String prediction) {}

  List<ObjectNode> inputs() {
    return examples.stream().map(Example::input).toList();
  }

  /**
   * Reads the file of a model folder; empty if it has none.
   *
   * @throws InvalidSettings if the file is damaged, or has another format
   */
  static Optional<GoldenFile> read(Path folder) throws IOException {
    Path file = folder.resolve(ModelFolder.GOLDEN);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Json.MAPPER.treeToValue(AtomicFile.readJson(file), GoldenFile.class));
    } catch (JacksonException e) {
      throw new InvalidSettings(
          "%s has no golden examples that can be read: %s", file, Json.problem(e));
    }
  }
}
