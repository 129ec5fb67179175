package dev.counterpoint.models.huggingface;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Parameter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a classifier's head that was read from a folder, each for the label that the folder
 * has it for: {@code id2label} of its {@code config.json}.
 */
final class LabelRemapping {
  private static final int LISTED = 12;

  private LabelRemapping() {}

  /**
   * Puts rows into the order of the data's labels, where the folder has the same labels, whatever
   * their case; else they stay as they are.
   *
   * @param head what was read, each (labels, ...); nothing where there is no such head
   * @param labels the data's, in the order of their numbers; empty where it has none
   * @return what is worth telling
   */
  static List<String> arrange(Path folder, List<Parameter> head, List<String> labels)
      throws IOException {
    if (head.isEmpty() || labels.isEmpty()) {
      return List.of();
    }
    List<String> stored = labels(folder.resolve("config.json"));
    if (stored.isEmpty()) {
      return List.of(
          folder
              + " does not say which labels its head is for: its rows are taken by their number"
              + " for "
              + list(labels));
    }
    long[] order = order(stored, labels);
    if (order == null) {
      return List.of(
          folder
              + " has a head for other labels, "
              + list(stored)
              + ": its rows are taken by their number for "
              + list(labels));
    }
    if (isSorted(order)) {
      return List.of();
    }
    head.forEach(parameter -> permute(parameter, order));
    return List.of(
        folder
            + " has its labels in the order "
            + list(stored)
            + ": the rows of its head are put into the data's, "
            + list(labels));
  }

  /** The labels by their numbers; empty where the file does not have one for each. */
  private static List<String> labels(Path config) throws IOException {
    JsonNode byId =
        Files.isRegularFile(config)
            ? PretrainedFolder.json(config).path("id2label")
            : MissingNode.getInstance();
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < byId.size(); i++) {
      JsonNode label = byId.path(Integer.toString(i));
      if (!label.isTextual()) {
        return List.of();
      }
      labels.add(label.textValue());
    }
    return labels;
  }

  /** For each wanted label the number of the stored one; null where they are not the same. */
  private static long @Nullable [] order(List<String> stored, List<String> wanted) {
    List<String> from = new HashSet<>(stored).containsAll(wanted) ? stored : lowerCase(stored);
    List<String> to = from == stored ? wanted : lowerCase(wanted);
    boolean same =
        from.size() == to.size()
            && new HashSet<>(to).size() == to.size()
            && new HashSet<>(from).equals(new HashSet<>(to));
    return same ? to.stream().mapToLong(from::indexOf).toArray() : null;
  }

  private static List<String> lowerCase(List<String> labels) {
    return labels.stream().map(label -> label.toLowerCase(Locale.ROOT)).toList();
  }

  private static boolean isSorted(long[] order) {
    for (int i = 0; i < order.length; i++) {
      if (order[i] != i) {
        return false;
      }
    }
    return true;
  }

  /** In place: whoever holds the parameter's array has the rows in the new order. */
  private static void permute(Parameter parameter, long[] order) {
    try (NDScope scope = new NDScope();
        Torch.Recording off = Torch.noGradients()) {
      scope.suppressNotUsedWarning();
      NDArray value = parameter.value();
      NDArray rows = value.get(value.getManager().create(order));
      value.set(new NDIndex().addAllDim(), rows);
    }
  }

  private static String list(List<String> labels) {
    return String.join(
        ", ",
        Stream.concat(
                labels.stream().limit(LISTED),
                labels.size() > LISTED ? Stream.of("...") : Stream.empty())
            .toList());
  }
}
