package dev.counterpoint.inference.golden;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import java.io.IOException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Random inputs that fit a model and contain no example of its data: values within the ranges and
 * categories of the signature, and texts of random tokens. The same for the same model folder.
 */
final class SyntheticInputs {
  private static final int MAX_TOKENS = 24;
  private static final int MEAN_DISTANCE_OF_NULLS = 8;

  private final Random random = new Random(17);
  private final @Nullable TextEncoder tokens;

  private SyntheticInputs(@Nullable TextEncoder tokens) {
    this.tokens = tokens;
  }

  static List<ObjectNode> of(Pipeline pipeline, int count) throws IOException {
    boolean pairs = pipeline.input().text2() != null;
    ModelSignature signature =
        pipeline.signature().orElseGet(() -> ModelSignature.of(pipeline.config().data(), pairs));
    try (TextEncoder tokens =
        TokenizerFolder.isIn(pipeline.folder())
            ? new TextEncoder(TokenizerFolder.open(pipeline.folder()), 2 * MAX_TOKENS)
            : null) {
      SyntheticInputs inputs = new SyntheticInputs(tokens);
      List<ObjectNode> objects = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        objects.add(inputs.next(signature.inputs()));
      }
      return objects;
    }
  }

  private ObjectNode next(List<ModelSignature.Field> fields) {
    ObjectNode input = JsonNodeFactory.instance.objectNode();
    for (ModelSignature.Field field : fields) {
      boolean isNull = random.nextInt(MEAN_DISTANCE_OF_NULLS) == 0;
      if (field.nullable() && isNull) {
        input.putNull(field.name());
      } else if (field.type().equals("number")) {
        ArrayNode numbers = input.putArray(field.name());
        for (int i = 0; i < field.shape().get(1); i++) {
          numbers.add((float) random.nextGaussian());
        }
      } else {
        put(input, field);
      }
    }
    return input;
  }

  private void put(ObjectNode input, ModelSignature.Field field) {
    List<String> categories = field.categories() == null ? List.of() : field.categories();
    double number = within(field.range());
    switch (field.type()) {
      case "numeric" -> input.put(field.name(), number);
      case "boolean" -> input.put(field.name(), random.nextBoolean());
      case "date" ->
          input.put(
              field.name(),
              LocalDateTime.ofEpochSecond((long) number, 0, ZoneOffset.UTC)
                  .toLocalDate()
                  .toString());
      case "categorical" ->
          input.put(
              field.name(),
              categories.isEmpty() ? "" : categories.get(random.nextInt(categories.size())));
      default -> input.put(field.name(), text());
    }
  }

  private double within(@Nullable List<@Nullable Double> range) {
    Double least = range == null ? null : range.get(0);
    Double greatest = range == null ? null : range.get(1);
    double share = random.nextDouble();
    return least == null || greatest == null ? 0 : least + share * (greatest - least);
  }

  private String text() {
    String text = "";
    while (text.isEmpty() && tokens != null) {
      long[] ids =
          random.longs(1 + random.nextInt(MAX_TOKENS), 0, tokens.file().vocabularySize()).toArray();
      text = tokens.decode(ids).replaceAll("\\s+", " ").strip();
    }
    return text;
  }
}
