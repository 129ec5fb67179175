package dev.counterpoint.core.internal.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @Test
  void numbersThatAreNotFiniteAreNull() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("a", 0.5);
    values.put("b", Double.NaN);
    values.put("c", Double.NEGATIVE_INFINITY);
    ObjectNode object = new JsonMapper().createObjectNode();

    Json.putAll(values, object);

    assertThat(object).hasToString("{\"a\":0.5,\"b\":null,\"c\":null}");
    assertThat(Json.numbers(object))
        .containsEntry("a", 0.5)
        .containsEntry("b", Double.NaN)
        .containsEntry("c", Double.NaN);
  }

  @Test
  void theTextOfEarlierVersionsIsRead() throws Exception {
    JsonNode object = new JsonMapper().readTree("{\"a\": \"NaN\", \"b\": \"Infinity\"}");

    assertThat(Json.number(object.path("a"))).isNaN();
    assertThat(Json.number(object.path("b"))).isInfinite();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"[1]", "{\"size\": \"a\"}", "{\"size\": null}", "{\"other\": 1}", "\"a\""})
  void problemsNameNoJavaClass(String json) {
    JsonMapper mapper =
        Json.forData().enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).build();

    assertThatThrownBy(() -> mapper.readValue(json, Sized.class))
        .isInstanceOfSatisfying(
            JacksonException.class,
            failure ->
                assertThat(Json.problem(failure))
                    .isNotBlank()
                    .doesNotContain("Sized", "JsonToken", "DeserializationConfig"));
  }

  private record Sized(int size) {}

  @Test
  void aStringOfTwentyOneMillionCharactersIsRead() throws Exception {
    String text = "{\"text\": \"" + "a".repeat(21_000_000) + "\"}";

    assertThat(Json.forData().build().readTree(text).path("text").textValue()).hasSize(21_000_000);
  }
}
