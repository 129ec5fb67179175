package dev.counterpoint.serving.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.data.FeatureView;
import dev.counterpoint.core.data.FeatureView.Policy;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.serving.feature.FeatureReport.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class FeatureLookupTest {
  private static final FeatureView VIEW =
      RecordCopy.with(
          FeatureView.of("customer", "customer_id", List.of("income", "age")),
          Map.of("maxAge", Duration.ofDays(1), "defaultValues", Map.of("income", "7")));

  private final Map<EntityKey, FeatureRow> rows = new HashMap<>();
  private final List<FeatureReport> observed = new ArrayList<>();
  private final List<List<EntityKey>> asked = new ArrayList<>();
  private boolean isReachable = true;

  private final FeatureStore store =
      new FeatureStore() {
        @Override
        public CompletableFuture<Features> getFeatures(List<EntityKey> keys, FeatureView view) {
          asked.add(keys);
          return isReachable
              ? CompletableFuture.completedFuture(new Features(rows))
              : CompletableFuture.failedFuture(new FeaturesUnavailable("stopped", null));
        }

        @Override
        public void close() {}
      };

  private final FeatureLookup lookup = new FeatureLookup(store);

  private void put(String key, Duration age, String values) {
    EntityKey entity = new EntityKey(key);
    rows.put(entity, FeatureRow.ofJson(entity, Instant.now().minus(age), values));
  }

  private FeatureInputs fill(FeatureView view, String... inputs) {
    return fill(view, List.of(), inputs);
  }

  private FeatureInputs fill(
      FeatureView view, List<Map<String, EntityKey>> keys, String... inputs) {
    List<JsonNode> json = Arrays.stream(inputs).map(it -> Json.parse(it, JsonNode.class)).toList();
    return lookup
        .fill(
            FeatureInputs.of(json, keys),
            List.of(view),
            Set.of("income", "age", "city"),
            (name, report) -> observed.add(report))
        .join();
  }

  private static FeatureView with(String component, Object value) {
    return RecordCopy.with(VIEW, component, value);
  }

  @Test
  void missingColumnsComeFromTheStoreAndGivenValuesWin() {
    put("42", Duration.ofHours(1), "{\"income\": 10.5, \"age\": 30}");

    FeatureInputs filled =
        fill(
            VIEW,
            "{\"customer_id\": 42, \"city\": \"a\"}",
            "{\"customer_id\": \"42\", \"age\": 31}",
            "{\"income\": 1, \"age\": null}");

    assertThat(filled.rows())
        .extracting(JsonNode::toString)
        .containsExactly(
            "{\"city\":\"a\",\"income\":10.5,\"age\":30}",
            "{\"age\":31,\"income\":10.5}",
            "{\"income\":1,\"age\":null}");
    FeatureReport report = filled.reports().get(0).get("customer");
    assertThat(report.state()).isEqualTo(State.FRESH);
    assertThat(report.age()).isBetween(Duration.ofMinutes(59), Duration.ofMinutes(61));
    assertThat(filled.reports().get(2)).isEmpty();
    assertThat(asked).containsExactly(List.of(new EntityKey("42")));
    assertThat(observed).hasSize(2);
  }

  @Test
  void keysOfTheRequestAreUsed() {
    put("9", Duration.ZERO, "{\"income\": 1, \"age\": 2}");

    FeatureInputs filled =
        fill(VIEW, List.of(Map.of("customer_id", new EntityKey("9"))), "{\"city\": \"b\"}");

    assertThat(filled.rows().get(0)).hasToString("{\"city\":\"b\",\"income\":1,\"age\":2}");
  }

  @Test
  void anInputWithoutKeyIsInvalid() {
    for (String input :
        List.of("{\"age\": 3}", "{\"customer_id\": 1.5}", "{\"customer_id\": null}")) {
      assertThatThrownBy(() -> fill(VIEW, input))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("inputs[0]")
          .hasMessageContaining("customer_id");
    }
  }

  @Test
  void missingFeaturesFailOrGetDefaults() {
    assertThatThrownBy(() -> fill(VIEW, "{\"customer_id\": 1}"))
        .hasCauseInstanceOf(InvalidSettings.class);
    put("2", Duration.ZERO, "{\"income\": null, \"age\": 5}");
    assertThatThrownBy(() -> fill(VIEW, "{\"customer_id\": 2}"))
        .hasCauseInstanceOf(InvalidSettings.class)
        .hasMessageContaining("income");

    FeatureInputs filled =
        fill(with("missing", Policy.DEFAULT), "{\"customer_id\": 1}", "{\"customer_id\": 2}");

    assertThat(filled.rows())
        .extracting(JsonNode::toString)
        .containsExactly("{\"income\":\"7\",\"age\":null}", "{\"income\":\"7\",\"age\":5}");
    assertThat(filled.reports().get(0).get("customer"))
        .isEqualTo(new FeatureReport(State.MISSING, null, List.of("income", "age")));
    assertThat(filled.reports().get(1).get("customer").missing()).containsExactly("income");
  }

  @Test
  void staleFeaturesFailOrGetDefaultsOrAreAllowedUpToAnAge() {
    put("1", Duration.ofDays(2), "{\"income\": 1, \"age\": 2}");
    put("2", Duration.ofDays(9), "{\"income\": 1, \"age\": 2}");
    String one = "{\"customer_id\": 1}";
    String two = "{\"customer_id\": 2}";
    FeatureView allowing = with("allowStaleUpTo", Duration.ofDays(7));

    assertThatThrownBy(() -> fill(VIEW, one, two)).hasCauseInstanceOf(FeaturesUnavailable.class);
    assertThatThrownBy(() -> fill(allowing, two)).hasCauseInstanceOf(FeaturesUnavailable.class);
    assertThat(fill(allowing, one).rows().get(0)).hasToString("{\"income\":1,\"age\":2}");
    assertThat(fill(with("stale", Policy.DEFAULT), two).rows().get(0))
        .hasToString("{\"income\":\"7\",\"age\":null}");

    assertThat(observed).extracting(FeatureReport::state).containsOnly(State.STALE).hasSize(5);
  }

  @Test
  void anUnreachableStoreFailsOrGivesDefaults() {
    isReachable = false;
    assertThatThrownBy(() -> fill(VIEW, "{\"customer_id\": 1}"))
        .hasCauseInstanceOf(FeaturesUnavailable.class);

    FeatureInputs filled = fill(with("unreachable", Policy.DEFAULT), "{\"customer_id\": 1}");

    assertThat(filled.rows().get(0)).hasToString("{\"income\":\"7\",\"age\":null}");
    assertThat(observed).extracting(FeatureReport::state).containsOnly(State.UNREACHABLE);
  }

  @Test
  void anUnreachableStoreGivesTheFeaturesOfAnEarlierRequestIfTheyAreNotTooOld() {
    FeatureView view = with("unreachable", Policy.CACHED);
    FeatureView strict = RecordCopy.with(view, "maxAge", Duration.ofHours(1));
    put("1", Duration.ofHours(2), "{\"income\": 900, \"age\": 30}");
    fill(view, "{\"customer_id\": 1}");
    assertThatThrownBy(() -> fill(strict, "{\"customer_id\": 1}"))
        .hasCauseInstanceOf(FeaturesUnavailable.class);
    isReachable = false;
    rows.clear();
    observed.clear();

    assertThat(fill(view, "{\"customer_id\": 1}").rows().get(0))
        .hasToString("{\"income\":900,\"age\":30}");
    assertThat(observed)
        .singleElement()
        .extracting(FeatureReport::state)
        .isEqualTo(State.UNREACHABLE);
    assertThat(observed.get(0).age()).isGreaterThanOrEqualTo(Duration.ofHours(2));
    assertThatThrownBy(() -> fill(strict, "{\"customer_id\": 1}"))
        .hasCauseInstanceOf(FeaturesUnavailable.class);
    assertThatThrownBy(() -> fill(view, "{\"customer_id\": 2}"))
        .hasCauseInstanceOf(FeaturesUnavailable.class);
  }

  @Test
  void featuresThatTheStoreNoLongerHasAreNotUsedWhenItIsUnreachable() {
    FeatureView view =
        RecordCopy.with(with("unreachable", Policy.CACHED), "missing", Policy.DEFAULT);
    put("1", Duration.ZERO, "{\"income\": 900, \"age\": 30}");
    fill(view, "{\"customer_id\": 1}");
    rows.clear();
    fill(view, "{\"customer_id\": 1}");
    isReachable = false;

    assertThatThrownBy(() -> fill(view, "{\"customer_id\": 1}"))
        .hasCauseInstanceOf(FeaturesUnavailable.class);
  }

  @Test
  void theTextOfAValueIsTheTextOfTheTable() {
    for (String text : List.of("1", "-2.5", "1.50", "007", "1e5", "NaN", "true", "yes", "0.1")) {
      assertThat(FeatureRow.value(text).asText()).isEqualTo(text);
    }
    assertThat(FeatureRow.value("2.5").isNumber()).isTrue();
    assertThat(FeatureRow.value("1.50").isTextual()).isTrue();
    assertThat(FeatureRow.value("").isNull()).isTrue();
  }
}
