package dev.counterpoint.models.huggingface;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Reorders the rows of a pretrained classification head to match the data's labels, using {@code
 * id2label} in the folder's {@code config.json}.
 */
final class LabelRemapping {
  private LabelRemapping() {}

  /**
   * Reorders rows to the order of the data's labels if the folder has the same labels, ignoring
   * case; otherwise leaves them unchanged.
   *
   * @param head parameters read from the folder, each (labels, ...); empty if it has no such head
   * @param labels the data's labels, in the order of their indices; empty if it has none
   * @return notes for the user
   */
  static List<String> apply(Path folder, List<Parameter> head, List<String> labels)
      throws IOException {
    if (head.isEmpty() || labels.isEmpty()) {
      return List.of();
    }
    Path settings = folder.resolve(AdapterFolder.SETTINGS);
    List<String> stored =
        labels(Files.isRegularFile(settings) ? settings : folder.resolve("config.json"));
    if (stored.isEmpty()) {
      return List.of(
          "%s: config.json has no labels (id2label) for its head; rows are assigned to the data's labels by index: %s"
              .formatted(folder, Excerpt.ofList(labels)));
    }
    if (stored.size() != labels.size()) {
      throw new InvalidSettings(
          "%s: config.json has %s labels (id2label), but its head has %s rows; set model.newHead to train a new head.",
          folder, stored.size(), labels.size());
    }
    long[] order = order(stored, labels);
    if (order == null) {
      return List.of(
          "%s: the labels of its head are %s; rows are assigned by index to the data's labels %s"
              .formatted(folder, Excerpt.ofList(stored), Excerpt.ofList(labels)));
    }
    if (Arrays.equals(order, LongStream.range(0, order.length).toArray())) {
      return List.of();
    }
    head.forEach(parameter -> permute(parameter, order));
    return List.of(
        "%s: the label order of its head is %s; rows were reordered to the data's labels %s"
            .formatted(folder, Excerpt.ofList(stored), Excerpt.ofList(labels)));
  }

  /** The labels by index; empty if the file has none. */
  private static List<String> labels(Path config) throws IOException {
    JsonNode byId =
        Files.isRegularFile(config)
            ? PretrainedFolder.json(config).path("id2label")
            : MissingNode.getInstance();
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < byId.size(); i++) {
      JsonNode label = byId.path(Integer.toString(i));
      if (!label.isTextual()) {
        throw new InvalidSettings(
            "%s: id2label must have a text for each index from 0, but has none for %s: %s",
            config, i, Excerpt.of(byId.toString()));
      }
      labels.add(label.textValue());
    }
    return labels;
  }

  /** For each wanted label the index of the stored label; null if the labels are not the same. */
  private static long @Nullable [] order(List<String> stored, List<String> wanted) {
    List<String> source = new HashSet<>(stored).containsAll(wanted) ? stored : lowerCase(stored);
    List<String> target = source == stored ? wanted : lowerCase(wanted);
    boolean same =
        source.size() == target.size()
            && new HashSet<>(target).size() == target.size()
            && new HashSet<>(source).equals(new HashSet<>(target));
    Map<String, Integer> index = new HashMap<>();
    source.forEach(label -> index.put(label, index.size()));
    return same ? target.stream().mapToLong(index::get).toArray() : null;
  }

  private static List<String> lowerCase(List<String> labels) {
    return labels.stream().map(label -> label.toLowerCase(Locale.ROOT)).toList();
  }

  /** Permutes rows in place, so that all references to the parameter's array see the new order. */
  private static void permute(Parameter parameter, long[] order) {
    try (NDScope scope = Torch.newScope();
        Torch.Recording noGradients = Torch.noGradients()) {
      NDArray value = parameter.value();
      NDArray rows = value.get(value.getManager().create(order));
      value.set(new NDIndex().addAllDim(), rows);
    }
  }
}
