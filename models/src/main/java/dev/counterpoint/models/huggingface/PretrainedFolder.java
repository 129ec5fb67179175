package dev.counterpoint.models.huggingface;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.DamagedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A folder as Hugging Face's {@code save_pretrained} writes it: {@code config.json}, and {@code
 * model.safetensors} or its shards under {@code model.safetensors.index.json}.
 *
 * @param path absolute
 */
public record PretrainedFolder(Path path) {
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final JsonMapper JSON = new JsonMapper();

  /** Begins the name of a folder that is fetched from the hub, as {@code hf:NAME@REVISION}. */
  public static final String HUB = "hf:";

  /**
   * The file that a fetched folder has beside what was fetched: {@code name} and {@code commit}.
   */
  public static final String ORIGIN = "origin.json";

  /**
   * The folder at a path.
   *
   * @throws InvalidSettings where there is no folder
   */
  public static PretrainedFolder of(Path path) {
    if (!Files.isDirectory(path)) {
      throw new InvalidSettings(
          "There is no folder "
              + path
              + " to begin from; a folder with config.json and model.safetensors is needed.");
    }
    return new PretrainedFolder(path.toAbsolutePath().normalize());
  }

  /** By which it is found again: its name on the hub with the commit, or else its path. */
  public String name() throws IOException {
    Path file = path.resolve(ORIGIN);
    if (!Files.isRegularFile(file)) {
      return path.toString();
    }
    JsonNode origin = json(file);
    return HUB + origin.path("name").asText() + "@" + origin.path("commit").asText();
  }

  /** Whether the weights have a layer, by its name in a model. */
  boolean has(String layer, StateDictNames names) throws IOException {
    for (Path file : weightFiles()) {
      try (SafetensorsReader reader = SafetensorsReader.open(file)) {
        if (reader.tensors().keySet().stream()
            .flatMap(stored -> names.candidates(stored).stream())
            .anyMatch(name -> name.startsWith(layer + "."))) {
          return true;
        }
      } catch (DamagedFile e) {
        throw new InvalidSettings(String.valueOf(e.getMessage()));
      }
    }
    return false;
  }

  /**
   * What {@code config.json} says.
   *
   * @param type the {@code model_type} that is wanted, as {@code bert}
   * @throws InvalidSettings where there is no such file, or it is of another type
   */
  public JsonNode config(String type) throws IOException {
    Path file = path.resolve(CONFIG);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings(
          path + " has no config.json, so it is no folder of a Hugging Face model.");
    }
    JsonNode config = json(file);
    String found = config.path("model_type").asText("");
    if (!found.equals(type)) {
      throw new InvalidSettings(
          file
              + " is of "
              + (found.isEmpty() ? "no model_type" : "the model_type \"" + found + "\"")
              + ", and \""
              + type
              + "\" is wanted.");
    }
    return config;
  }

  static JsonNode json(Path file) throws IOException {
    try {
      return JSON.readTree(file.toFile());
    } catch (JacksonException e) {
      throw new InvalidSettings(file + " is not JSON: " + e.getOriginalMessage());
    }
  }

  /**
   * Gives parameters the values that the folder has for them, float16 and bfloat16 widened.
   *
   * @param head the layers that are made for the task, whose rows are labels'
   * @param newHead whether those start anew even where the folder has them
   * @param labels the data's, whose order the rows of the head are put into; empty where it has
   *     none
   * @return what is worth telling: what the folder lacks and starts anew, what was left aside,
   *     which row of the head is whose where that is not as it was
   * @throws InvalidSettings where names, shapes or types do not fit, naming all of them, or a file
   *     is damaged; no parameter has changed then
   */
  public List<String> load(
      List<Parameter> parameters,
      StateDictNames names,
      List<String> head,
      boolean newHead,
      List<String> labels)
      throws IOException {
    try (StateDictLoader match = new StateDictLoader(this, parameters, names, head, newHead)) {
      for (Path file : weightFiles()) {
        match.add(file);
      }
      List<String> notes = new ArrayList<>(match.load());
      notes.addAll(LabelRemapping.arrange(path, match.foundHead(), labels));
      return notes;
    } catch (DamagedFile e) {
      throw new InvalidSettings(String.valueOf(e.getMessage()));
    }
  }

  private Set<Path> weightFiles() throws IOException {
    if (Files.isRegularFile(path.resolve(WEIGHTS))) {
      return Set.of(path.resolve(WEIGHTS));
    }
    if (!Files.isRegularFile(path.resolve(INDEX))) {
      throw new InvalidSettings(
          path
              + " has neither "
              + WEIGHTS
              + " nor "
              + INDEX
              + (Files.exists(path.resolve("pytorch_model.bin"))
                  ? "; pytorch_model.bin is a pickle, which is not read here: save it with"
                      + " save_pretrained(..., safe_serialization=True)."
                  : "."));
    }
    Set<Path> shards = new LinkedHashSet<>();
    for (JsonNode shard : json(path.resolve(INDEX)).path("weight_map")) {
      shards.add(shard(shard.asText()));
    }
    return shards;
  }

  private Path shard(String name) {
    Path shard = path.resolve(name).normalize();
    if (!shard.startsWith(path) || !Files.isRegularFile(shard)) {
      throw new InvalidSettings(
          path.resolve(INDEX) + " names the shard \"" + name + "\", which is not in the folder.");
    }
    return shard;
  }
}
