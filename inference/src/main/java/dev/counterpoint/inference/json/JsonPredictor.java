package dev.counterpoint.inference.json;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.tasks.questionanswering.QuestionPredictor;
import dev.counterpoint.tasks.textclassification.Prediction;
import dev.counterpoint.tasks.tokenclassification.Entity;
import dev.counterpoint.tasks.tokenclassification.EntityPredictor;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Predicts JSON objects: the format of {@code predict --json}. Thread-safe.
 *
 * @param top the number of labels or answers per input; null for all labels and one answer
 * @param split how texts are split into words, for entities
 */
public record JsonPredictor(Pipeline pipeline, @Nullable Integer top, EntityPredictor.Words split) {

  /** Whether predictions are computed from {@link #encoded} inputs. */
  public boolean readsEncoded() {
    return pipeline.kind() == Pipeline.Kind.LABELS || pipeline.kind() == Pipeline.Kind.VALUES;
  }

  /** Encodes the inputs of a model that predicts labels or values. */
  public TextEncoder.Encoded encoded(List<ModelInput> inputs) {
    if (readsImages()) {
      return pipeline.images(inputs.stream().map(it -> Path.of(it.text())).toList());
    }
    if (pipeline.table().isPresent()) {
      return pipeline.tableRows(inputs.stream().map(ModelInput::row).toList());
    }
    if (pipeline.input().text2() != null) {
      List<List<String>> pairs = inputs.stream().map(ModelInput::pair).toList();
      return pipeline.pairs(
          pairs.stream().map(pair -> pair.get(0)).toList(),
          pairs.stream().map(pair -> pair.get(1)).toList());
    }
    return features() > 0
        ? pipeline.rows(inputs.stream().map(it -> it.features(features())).toList())
        : pipeline.texts(inputs.stream().map(ModelInput::text).toList());
  }

  /** The predictions of a model for {@link #encoded} inputs, in their order. */
  public List<ObjectNode> predict(List<ModelInput> inputs, TextEncoder.Encoded encoded) {
    return pipeline.kind() == Pipeline.Kind.VALUES
        ? each(inputs, pipeline.values(encoded), this::values)
        : each(inputs, pipeline.classify(encoded), this::label);
  }

  /** The predictions of a model, in the order of the inputs. */
  public List<ObjectNode> predict(List<ModelInput> inputs) {
    List<String> texts = inputs.stream().map(ModelInput::text).toList();
    return switch (pipeline.kind()) {
      case ANSWERS -> each(inputs, pipeline.answers(questions(inputs), count(1)), this::answers);
      case ENTITIES -> each(inputs, pipeline.entities(texts, split), this::entities);
      case RESULTS -> each(inputs, pipeline.results(texts), this::result);
      default -> predict(inputs, encoded(inputs));
    };
  }

  /** The questions of inputs. */
  public static List<QuestionPredictor.Input> questions(List<ModelInput> inputs) {
    return inputs.stream()
        .map(it -> new QuestionPredictor.Input(Objects.requireNonNull(it.question()), it.text()))
        .toList();
  }

  private static <T> List<ObjectNode> each(
      List<ModelInput> inputs, List<T> outputs, BiFunction<ModelInput, T, ObjectNode> format) {
    return IntStream.range(0, outputs.size())
        .mapToObj(i -> format.apply(inputs.get(i), outputs.get(i)))
        .toList();
  }

  private ObjectNode values(ModelInput input, double[] values) {
    ObjectNode object = withInput(input);
    if (pipeline.labels().size() == values.length) {
      ObjectNode named = object.putObject("values");
      for (int i = 0; i < values.length; i++) {
        named.put(pipeline.labels().get(i), Json.finite(values[i]));
      }
    } else {
      ArrayNode list = object.putArray("values");
      Arrays.stream(values).forEach(value -> list.add(Json.finite(value)));
    }
    return object;
  }

  private ObjectNode label(ModelInput input, Prediction prediction) {
    ObjectNode object = withInput(input).put("label", prediction.label());
    object.put("probability", Json.finite(prediction.probability()));
    if (pipeline.activation() == OutputActivation.SIGMOID) {
      ArrayNode predicted = object.putArray("labels");
      pipeline.predicted(prediction).forEach(predicted::add);
    }
    ObjectNode all = object.putObject("probabilities");
    for (int i = 0; i < Math.min(count(Integer.MAX_VALUE), prediction.labels().size()); i++) {
      all.put(prediction.labels().get(i), Json.finite(prediction.probabilities().get(i)));
    }
    return prediction.truncated() ? object.put("truncated", true) : object;
  }

  private ObjectNode entities(ModelInput input, List<Entity> entities) {
    ObjectNode object = withId(input).put("text", input.text());
    ArrayNode list = object.putArray("entities");
    for (Entity entity : entities) {
      ObjectNode each = list.addObject().put("type", entity.type()).put("text", entity.text());
      each.put("start", entity.start()).put("end", entity.end());
      each.put("score", Json.finite(entity.probability()));
    }
    return object;
  }

  private ObjectNode answers(ModelInput input, List<QuestionPredictor.Answer> answers) {
    ObjectNode object = withId(input).put("question", input.question());
    put(object, answers.get(0));
    if (top != null) {
      ArrayNode list = object.putArray("answers");
      answers.forEach(answer -> put(list.addObject(), answer));
    }
    return object;
  }

  private static void put(ObjectNode object, QuestionPredictor.Answer answer) {
    object.put("text", answer.text());
    object.put("start", answer.start()).put("end", answer.end());
    object.put("score", Json.finite(answer.probability()));
  }

  private ObjectNode result(ModelInput input, Object result) {
    ObjectNode object = withId(input).put("text", input.text());
    return object.set("result", Json.MAPPER.valueToTree(result));
  }

  private ObjectNode withInput(ModelInput input) {
    ObjectNode object = withId(input);
    if (pipeline.table().isPresent()) {
      return object.set("row", Json.MAPPER.valueToTree(input.row()));
    }
    if (pipeline.input().text2() != null) {
      return object.put("text", input.pair().get(0)).put("text2", input.pair().get(1));
    }
    if (features() == 0) {
      return object.put(readsImages() ? "image" : "text", input.text());
    }
    ArrayNode features = object.putArray("features");
    for (float feature : input.features(features())) {
      features.add(feature);
    }
    return object;
  }

  private static ObjectNode withId(ModelInput input) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    if (input.id() != null) {
      object.set("id", input.id());
    }
    return object;
  }

  private boolean readsImages() {
    return pipeline.config().data().image() != null;
  }

  private int features() {
    return pipeline.config().data().features();
  }

  private int count(int defaultCount) {
    return top == null ? defaultCount : top;
  }
}
