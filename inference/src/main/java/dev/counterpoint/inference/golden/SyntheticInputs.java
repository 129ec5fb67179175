package dev.counterpoint.inference.golden;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Random inputs that fit a model and contain no example of its data: values within the ranges and
 * categories of the signature, and texts of random tokens. The same for the same model folder.
 */
record SyntheticInputs(Random random, @Nullable TextEncoder tokens) {
  private static final int MAX_TOKENS = 24;
  private static final int ATTEMPTS = 1_000;

  static List<ObjectNode> of(Pipeline pipeline, int count) throws IOException {
    List<ModelSignature.Field> fields = pipeline.signature().orElseThrow().inputs();
    try (TextEncoder tokens =
        TokenizerFolder.isIn(pipeline.folder())
            ? new TextEncoder(TokenizerFolder.open(pipeline.folder()), 2 * MAX_TOKENS)
            : null) {
      SyntheticInputs inputs = new SyntheticInputs(new Random(17), tokens);
      List<ObjectNode> objects = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        ObjectNode input = Json.MAPPER.createObjectNode();
        fields.forEach(it -> input.set(it.name(), Json.MAPPER.valueToTree(inputs.value(it))));
        objects.add(input);
      }
      return objects;
    }
  }

  private @Nullable Object value(ModelSignature.Field field) {
    List<String> categories = field.categories();
    return switch (field.type()) {
      case "number" -> random.doubles(field.shape().get(1), -2, 2).boxed().toList();
      case "numeric" -> within(field.range());
      case "boolean" -> random.nextBoolean();
      case "date" ->
          Instant.ofEpochSecond((long) within(field.range())).toString().substring(0, 10);
      case "categorical" ->
          categories == null || categories.isEmpty()
              ? null
              : categories.get(random.nextInt(categories.size()));
      default -> text(Objects.requireNonNull(tokens));
    };
  }

  private double within(@Nullable List<@Nullable Double> range) {
    Double least = range == null ? null : range.get(0);
    Double greatest = range == null ? null : range.get(1);
    double share = random.nextDouble();
    return least == null || greatest == null ? share : least + share * (greatest - least);
  }

  private String text(TextEncoder tokens) {
    for (int i = 0; i < ATTEMPTS; i++) {
      int count = 1 + random.nextInt(MAX_TOKENS);
      long[] ids = random.longs(count, 0, tokens.file().vocabularySize()).toArray();
      String text = tokens.decode(ids).replaceAll("\\s+", " ").strip();
      if (!text.isEmpty()) {
        return text;
      }
    }
    return "a"; // The decoder makes all texts empty.
  }
}
