package dev.counterpoint.serving.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.inference.Pipeline;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/** The output tensors of a model in the Open Inference Protocol. */
record OutputTensors(List<Output> outputs) {
  /** The name of the output with the feature reports of an input. */
  static final String FEATURES = "features";

  /**
   * A tensor and its values.
   *
   * @param values returns the values of a row from the output of {@code predict --json}
   */
  private record Output(Tensor tensor, Function<JsonNode, Stream<JsonNode>> values) {}

  /** The tensors that a model returns. */
  static OutputTensors of(Pipeline pipeline) {
    List<Output> outputs = new ArrayList<>(predictions(pipeline));
    if (pipeline.signature().map(ModelSignature::features).isPresent()) {
      outputs.add(json(FEATURES));
    }
    return new OutputTensors(outputs);
  }

  private static List<Output> predictions(Pipeline pipeline) {
    List<String> labels = pipeline.labels();
    return switch (pipeline.kind()) {
      case LABELS -> ofLabels(pipeline);
      case ANSWERS ->
          List.of(
              single("text", Tensor.BYTES),
              single("start", "INT64"),
              single("end", "INT64"),
              single("score", "FP64"));
      case ENTITIES -> List.of(json("entities"));
      case RESULTS -> List.of(json("result"));
      default ->
          List.of(
              new Output(
                  Tensor.of("values", "FP64", labels.isEmpty() ? -1 : labels.size()),
                  row -> row.path("values").valueStream()));
    };
  }

  private static List<Output> ofLabels(Pipeline pipeline) {
    List<String> labels = pipeline.labels();
    List<Output> outputs = new ArrayList<>();
    outputs.add(single("label", Tensor.BYTES));
    outputs.add(single("probability", "FP64"));
    outputs.add(
        new Output(
            Tensor.of("probabilities", "FP64", labels.size()),
            row -> labels.stream().map(row.path("probabilities")::path)));
    if (pipeline.activation() == OutputActivation.SIGMOID) {
      outputs.add(
          new Output(
              Tensor.of("labels", "BOOL", labels.size()),
              row -> {
                List<String> predicted =
                    row.path("labels").valueStream().map(JsonNode::asText).toList();
                return labels.stream().map(it -> BooleanNode.valueOf(predicted.contains(it)));
              }));
    }
    return outputs;
  }

  private static Output single(String name, String datatype) {
    return new Output(Tensor.of(name, datatype), row -> Stream.of(row.path(name)));
  }

  private static Output json(String name) {
    return new Output(
        Tensor.of(name, Tensor.BYTES),
        row -> Stream.of(new TextNode(row.has(name) ? row.path(name).toString() : "{}")));
  }

  /** Describes the tensors. */
  List<ObjectNode> describe() {
    return outputs.stream().map(it -> it.tensor.describe(-1)).toList();
  }

  /**
   * The tensors listed in the {@code outputs} of a request; all tensors if the list is absent or
   * empty.
   *
   * @throws InvalidSettings if the model does not have an output
   */
  OutputTensors requested(JsonNode requested) {
    if (requested.isMissingNode() || (requested.isArray() && requested.isEmpty())) {
      return this;
    }
    if (!requested.isArray()) {
      throw new InvalidSettings(
          "\"outputs\" must be a list, such as [{\"name\": \"%s\"}].",
          outputs.get(0).tensor.name());
    }
    List<String> names = outputs.stream().map(it -> it.tensor.name()).toList();
    List<Output> chosen = new ArrayList<>();
    Set<String> named = new HashSet<>();
    for (JsonNode each : requested) {
      String name = each.path("name").asText();
      if (!names.contains(name)) {
        throw new InvalidSettings(
            "outputs[%s].name \"%s\" is not an output of the model%s Outputs: %s.",
            chosen.size(),
            Excerpt.ofItem(name),
            Nearest.suggestion(name, names),
            Excerpt.ofList(names));
      }
      if (!named.add(name)) {
        throw new InvalidSettings(
            "outputs[%s].name \"%s\" occurs twice.", chosen.size(), Excerpt.ofItem(name));
      }
      chosen.add(outputs.get(names.indexOf(name)));
    }
    return new OutputTensors(chosen);
  }

  /** Converts outputs of {@code predict --json} to tensors. */
  ArrayNode write(List<? extends JsonNode> rows) {
    ArrayNode written = JsonNodeFactory.instance.arrayNode();
    for (Output output : outputs) {
      ArrayNode data = JsonNodeFactory.instance.arrayNode();
      rows.forEach(row -> output.values.apply(row).forEach(data::add));
      Tensor tensor = output.tensor;
      Tensor sized =
          tensor.width() < 0
              ? Tensor.of(tensor.name(), tensor.datatype(), data.size() / rows.size())
              : tensor;
      written.add(sized.describe(rows.size()).set("data", data));
    }
    return written;
  }
}
