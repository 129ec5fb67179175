package dev.counterpoint.models.huggingface;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.safetensors.StoredTensor;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Matches the tensors of safetensors files with a model's parameters and loads them. */
final class StateDictLoader implements AutoCloseable {
  private static final int MAX_LISTED = 12;
  private static final String TIE = "tie_word_embeddings";

  private final PretrainedFolder folder;
  private final StateDictNames names;
  private final ModelFamily.TaskNames task;
  private final String type;
  private final boolean newHead;
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();
  private final Map<Parameter, Source> sources = new LinkedHashMap<>();
  private final Map<Parameter, Source> tied = new LinkedHashMap<>();
  private final List<SafetensorsReader> readers = new ArrayList<>();
  private final List<String> unused = new ArrayList<>();
  private final List<String> reinitialized = new ArrayList<>();
  private final List<InvalidSettings.Problem> problems = new ArrayList<>();

  private record Source(Path file, SafetensorsReader reader, StoredTensor tensor) {}

  /** Creates a loader without files for a model with the given settings. */
  StateDictLoader(PretrainedFolder folder, List<Parameter> parameters, PretrainedConfig config) {
    this.folder = folder;
    names = config.family().names();
    task = config.task().names();
    type = config.family().type();
    newHead = config.newHead();
    parameters.forEach(parameter -> this.parameters.put(parameter.name(), parameter));
  }

  /** Adds the tensors of a file. */
  void add(Path file) throws IOException {
    SafetensorsReader reader = PretrainedFolder.weights(file);
    readers.add(reader);
    for (StoredTensor tensor : reader.tensors().values()) {
      if (!names.isBuffer(tensor.name())) {
        add(file, reader, tensor);
      }
    }
  }

  private void add(Path file, SafetensorsReader reader, StoredTensor tensor) {
    List<String> candidates = names.candidates(tensor.name());
    Parameter own = parameterOf(candidates);
    Parameter parameter = own == null ? tiedParameter(candidates) : own;
    if (parameter == null) {
      if (names.isHead(tensor.name())) {
        unused.add(tensor.name());
      } else {
        addProblem(file + ": unexpected " + describe(tensor) + "; the model has no such parameter");
      }
    } else if (newHead && task.isInHead(parameter)) {
      reinitialized.add(parameter.name());
    } else if (!tensor.shape().equals(parameter.shape())) {
      addProblem(
          "%s: %s does not match the shape of the model's %s, whose size is that of config.json and the data%s"
              .formatted(
                  file,
                  describe(tensor),
                  parameter,
                  task.isInHead(parameter) ? "; set model.newHead to train a new head" : ""));
    } else if (!tensor.type().fits(DataType.FLOAT32)) {
      addProblem(
          "%s: %s has type %s, but the model's %s requires F32, F16 or BF16"
              .formatted(file, describe(tensor), tensor.type(), parameter));
    } else if (own == null) {
      tied.put(parameter, new Source(file, reader, tensor));
    } else if (sources.put(parameter, new Source(file, reader, tensor)) != null) {
      addProblem(
          file + ": " + describe(tensor) + " duplicates the values of the model's " + parameter);
    }
  }

  private @Nullable Parameter parameterOf(List<String> candidates) {
    return candidates.stream()
        .map(parameters::get)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /** The parameter that shares its values with a tensor that is not a parameter of the model. */
  private @Nullable Parameter tiedParameter(List<String> candidates) {
    for (Map.Entry<String, String> pair : task.tied().entrySet()) {
      if (candidates.contains(pair.getKey())) {
        return parameters.get(pair.getValue());
      }
      if (candidates.contains(pair.getValue())) {
        return parameters.get(pair.getKey());
      }
    }
    return null;
  }

  /**
   * Checks that all tensors match.
   *
   * @return the parameters that no file contains
   * @throws InvalidSettings listing all problems
   */
  List<String> check() {
    List<String> missing = new ArrayList<>();
    parameters.forEach(
        (name, parameter) -> {
          if (!sources.containsKey(parameter)
              && !tied.containsKey(parameter)
              && !reinitialized.contains(name)) {
            missing.add(name);
            if (!names.isHead(name)) {
              addProblem(folder.path() + ": missing " + parameter);
            }
          }
        });
    InvalidSettings.requireNone(problems);
    return missing;
  }

  /**
   * Loads all tensors if all of them match.
   *
   * @return notes for the user
   * @throws InvalidSettings listing all problems, in which case nothing has been loaded; or if a
   *     value is not finite
   */
  List<String> load() throws IOException {
    List<String> notes = notes(check());
    tied.forEach(
        (parameter, source) -> {
          if (sources.put(parameter, source) == null) {
            notes.add(
                "%s: %s is loaded from %s, to which it is tied"
                    .formatted(folder.path(), parameter.name(), source.tensor().name()));
          }
        });
    for (String head : task.tied().keySet()) {
      if (parameters.containsKey(head) && folder.config(type).flag(TIE, true)) {
        notes.add(
            "%s: %s differs from %s, so they are not tied, although tie_word_embeddings is true"
                .formatted(folder.path(), head, task.tied().get(head)));
      }
    }
    for (Map.Entry<Parameter, Source> entry : sources.entrySet()) {
      Source source = entry.getValue();
      NDArray value = entry.getKey().value();
      source.reader().read(source.tensor().name(), value);
      requireFinite(source.file(), describe(source.tensor()), value);
    }
    return notes;
  }

  static void requireFinite(Object file, String tensor, NDArray value) {
    try (NDScope scope = new NDScope()) {
      if (!Float.isFinite(value.max().sub(value.min()).getFloat())) { // NaN if any value is NaN
        throw new InvalidSettings("%s: %s has a value that is not finite", file, tensor);
      }
    }
  }

  /** The parameters of the head that are loaded from a file. */
  List<Parameter> loadedHead() {
    return sources.keySet().stream().filter(task::isInHead).toList();
  }

  private List<String> notes(List<String> missing) {
    Map<String, List<String>> found = new LinkedHashMap<>();
    found.put("missing weights, newly initialized: ", missing);
    found.put("head not loaded because of model.newHead, newly initialized: ", reinitialized);
    found.put("unused weights of another task: ", unused);
    List<String> notes = new ArrayList<>();
    found.values().removeIf(List::isEmpty);
    found.forEach((note, tensors) -> notes.add(folder.path() + ": " + note + list(tensors)));
    return notes;
  }

  private void addProblem(String message) {
    if (problems.size() < MAX_LISTED) {
      problems.add(new InvalidSettings.Problem("", message));
    }
  }

  static String list(List<String> names) {
    return Formats.list(names, MAX_LISTED);
  }

  private static String describe(StoredTensor tensor) {
    return tensor.name() + tensor.shape();
  }

  @Override
  public void close() throws IOException {
    for (SafetensorsReader reader : readers) {
      reader.close();
    }
  }
}
