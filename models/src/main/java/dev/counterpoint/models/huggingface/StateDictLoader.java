package dev.counterpoint.models.huggingface;

import ai.djl.ndarray.types.DataType;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.safetensors.StoredTensor;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Which tensor of which file goes into which parameter. */
final class StateDictLoader implements AutoCloseable {
  private static final int LISTED = 12;

  private final PretrainedFolder folder;
  private final StateDictNames names;
  private final List<String> head;
  private final boolean newHead;
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();
  private final Map<Parameter, Source> sources = new LinkedHashMap<>();
  private final List<SafetensorsReader> readers = new ArrayList<>();
  private final List<String> aside = new ArrayList<>();
  private final List<String> renewed = new ArrayList<>();
  private final List<InvalidSettings.Problem> problems = new ArrayList<>();

  private record Source(SafetensorsReader reader, StoredTensor tensor) {}

  /**
   * A match that knows no file yet.
   *
   * @param head the layers that are made for the task
   * @param newHead whether those start anew even where a file has them
   */
  StateDictLoader(
      PretrainedFolder folder,
      List<Parameter> parameters,
      StateDictNames names,
      List<String> head,
      boolean newHead) {
    this.folder = folder;
    this.names = names;
    this.head = head;
    this.newHead = newHead;
    parameters.forEach(parameter -> this.parameters.put(parameter.name(), parameter));
  }

  /** Takes in what a file holds. */
  void add(Path file) throws IOException {
    SafetensorsReader reader = SafetensorsReader.open(file);
    readers.add(reader);
    for (StoredTensor tensor : reader.tensors().values()) {
      if (!names.isBuffer(tensor.name())) {
        add(file, reader, tensor);
      }
    }
  }

  private void add(Path file, SafetensorsReader reader, StoredTensor tensor) {
    Parameter parameter = parameterOf(tensor.name());
    if (parameter == null) {
      if (names.isOfHead(tensor.name())) {
        aside.add(tensor.name());
      } else {
        refuse(file + ": " + described(tensor) + " is left over: the model has no such parameter");
      }
    } else if (newHead && isOfTask(parameter)) {
      renewed.add(parameter.name());
    } else if (!tensor.shape().equals(parameter.shape())) {
      refuse(
          file
              + ": "
              + described(tensor)
              + " does not fit the model's "
              + parameter
              + (isOfTask(parameter) ? "; with model.newHead it starts anew" : ""));
    } else if (!tensor.type().fits(DataType.FLOAT32)) {
      refuse(
          file
              + ": "
              + described(tensor)
              + " is "
              + tensor.type()
              + ", and the model's "
              + parameter
              + " takes F32, F16 or BF16");
    } else if (sources.put(parameter, new Source(reader, tensor)) != null) {
      refuse(file + ": " + described(tensor) + " is there twice for the model's " + parameter);
    }
  }

  private @Nullable Parameter parameterOf(String stored) {
    return names.candidates(stored).stream()
        .map(parameters::get)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /** Reads everything, if all of it fits. */
  List<String> load() throws IOException {
    List<String> missing = new ArrayList<>();
    parameters.forEach(
        (name, parameter) -> {
          if (!sources.containsKey(parameter) && !renewed.contains(name)) {
            missing.add(name);
            if (!names.isOfHead(name)) {
              refuse(folder.path() + " lacks " + parameter);
            }
          }
        });
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
    for (Map.Entry<Parameter, Source> entry : sources.entrySet()) {
      Source source = entry.getValue();
      source.reader().read(source.tensor().name(), entry.getKey().value());
    }
    return notes(missing);
  }

  /** The parameters of the head that a file has values for. */
  List<Parameter> foundHead() {
    return sources.keySet().stream().filter(this::isOfTask).toList();
  }

  private boolean isOfTask(Parameter parameter) {
    return head.stream().anyMatch(layer -> parameter.name().startsWith(layer + "."));
  }

  private List<String> notes(List<String> missing) {
    List<String> notes = new ArrayList<>();
    if (!missing.isEmpty()) {
      notes.add(folder.path() + " lacks, so that it starts anew: " + list(missing));
    }
    if (!renewed.isEmpty()) {
      notes.add(folder.path() + " has a head that is not taken, as asked: " + list(renewed));
    }
    if (!aside.isEmpty()) {
      notes.add(folder.path() + " has for another task, left aside: " + list(aside));
    }
    return notes;
  }

  private void refuse(String message) {
    if (problems.size() < LISTED) {
      problems.add(new InvalidSettings.Problem("", message));
    }
  }

  private static String list(List<String> names) {
    int more = names.size() - LISTED;
    return String.join(", ", names.subList(0, Math.min(LISTED, names.size())))
        + (more > 0 ? " and " + more + " more" : "");
  }

  private static String described(StoredTensor tensor) {
    return tensor.name() + tensor.shape();
  }

  @Override
  public void close() throws IOException {
    for (SafetensorsReader reader : readers) {
      reader.close();
    }
  }
}
