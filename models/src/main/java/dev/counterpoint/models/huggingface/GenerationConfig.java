package dev.counterpoint.models.huggingface;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.counterpoint.core.generation.GenerationSettings;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Defaults of text generation in a model folder: {@code generation_config.json} of transformers.
 *
 * @param file content of the file; empty if the folder has none
 */
public record GenerationConfig(ConfigReader file) {
  /** The name of the file. */
  public static final String FILE = "generation_config.json";

  private static final int DEFAULT_TOP_K = 50;

  /**
   * Settings of a request that replace those of the file.
   *
   * @param maxTokens maximum number of new tokens
   */
  public record Request(
      @Nullable Integer maxTokens,
      @Nullable Double temperature,
      @Nullable Integer topK,
      @Nullable Double topP,
      @Nullable Double repetitionPenalty,
      @Nullable Integer beams) {
    boolean samples() {
      return temperature != null || topK != null || topP != null;
    }
  }

  /** Reads the file of a folder, if there is one. */
  public static GenerationConfig of(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    return new GenerationConfig(
        ConfigReader.of(
            Files.isRegularFile(file)
                ? PretrainedFolder.json(file)
                : JsonNodeFactory.instance.objectNode(),
            file.toString()));
  }

  /** Maximum number of tokens of the prompt and the new tokens. */
  public int maxLength(Request request, int modelMaxLength) {
    Integer limit = file.integer("max_length");
    return limit == null || request.maxTokens() != null || file.integer("max_new_tokens") != null
        ? modelMaxLength
        : Math.min(file.integer("max_length", 1), modelMaxLength);
  }

  /**
   * The settings of the request, of the file, and the defaults, in this order.
   *
   * @throws InvalidSettings if the file has a key that would change the text and is not supported
   */
  public GenerationSettings settings(
      Request request, int defaultMaxTokens, Set<Long> stop, long seed) {
    boolean fileSamples = !file.value("do_sample").isNull() && file.flag("do_sample", false);
    boolean sample = request.samples() || fileSamples;
    int beams = or(request.beams(), or(file.integer("num_beams"), 1));
    checkNeutral(sample, beams);
    boolean hasLength = file.integer("max_length") != null;
    int maxTokens = hasLength ? Integer.MAX_VALUE : defaultMaxTokens;
    double temperature = or(request.temperature(), or(file.number("temperature"), 1.0));
    int topK = or(request.topK(), or(file.integer("top_k"), fileSamples ? DEFAULT_TOP_K : 0));
    double topP = or(request.topP(), or(file.number("top_p"), 1.0));
    try {
      return new GenerationSettings(
          or(request.maxTokens(), or(file.integer("max_new_tokens"), maxTokens)),
          sample,
          sample ? temperature : 1,
          sample ? topK : 0,
          sample ? topP : 1,
          or(request.repetitionPenalty(), or(file.number("repetition_penalty"), 1.0)),
          beams,
          stop,
          seed);
    } catch (InvalidSettings e) {
      throw e.with(it -> withFile(it, request));
    }
  }

  /** Keys that transformers does not know. */
  public List<String> unknownKeys() {
    file.restrict(FILE);
    return file.unread();
  }

  private void checkNeutral(boolean sample, int beams) {
    file.restrict(FILE);
    if (sample) {
      file.restrict("sampling");
    }
    if (beams > 1) {
      file.restrict("beams");
    }
  }

  /** Replaces the name of a setting that comes from the file with the file and its key. */
  private InvalidSettings.Problem withFile(InvalidSettings.Problem problem, Request request) {
    String key =
        switch (problem.key()) {
          case "maxTokens" -> request.maxTokens() == null ? "max_new_tokens" : "";
          case "temperature" -> request.temperature() == null ? "temperature" : "";
          case "topK" -> request.topK() == null ? "top_k" : "";
          case "topP" -> request.topP() == null ? "top_p" : "";
          case "repetitionPenalty" ->
              request.repetitionPenalty() == null ? "repetition_penalty" : "";
          case "beams" -> request.beams() == null ? "num_beams" : "";
          default -> request.samples() && request.beams() != null ? "" : "do_sample, num_beams:";
        };
    return key.isEmpty() || file.config().isEmpty()
        ? problem
        : new InvalidSettings.Problem("", file.name() + ": " + key + " " + problem.message());
  }

  private static <T> T or(@Nullable T value, T defaultValue) {
    return value == null ? defaultValue : value;
  }
}
