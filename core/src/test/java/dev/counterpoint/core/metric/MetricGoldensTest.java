package dev.counterpoint.core.metric;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.internal.storage.Json;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Compares values with those that scikit-learn and SciPy computed; see record.py. */
class MetricGoldensTest {
  private static final List<MetricConfig> CLASSIFICATION =
      List.of(
          new ClassificationMetrics.Accuracy(),
          new ClassificationMetrics.BalancedAccuracy(),
          new ClassificationMetrics.Mcc(),
          new ClassificationMetrics.CohenKappa(),
          new ClassificationMetrics.Precision(Average.PER_CLASS),
          new ClassificationMetrics.Precision(Average.MICRO),
          new ClassificationMetrics.Precision(Average.WEIGHTED),
          new ClassificationMetrics.Recall(Average.PER_CLASS),
          new ClassificationMetrics.Recall(Average.MICRO),
          new ClassificationMetrics.Recall(Average.WEIGHTED),
          new ClassificationMetrics.F1(Average.PER_CLASS),
          new ClassificationMetrics.F1(Average.MICRO),
          new ClassificationMetrics.F1(Average.WEIGHTED),
          new ClassificationMetrics.FBeta(2, Average.PER_CLASS),
          new ClassificationMetrics.FBeta(2, Average.MICRO),
          new ClassificationMetrics.FBeta(2, Average.WEIGHTED),
          new ClassificationMetrics.FBeta(0.5, Average.PER_CLASS),
          new ClassificationMetrics.FBeta(0.5, Average.MICRO),
          new ClassificationMetrics.FBeta(0.5, Average.WEIGHTED),
          new ProbabilityMetrics.TopK(2),
          new ProbabilityMetrics.LogLoss(),
          new ProbabilityMetrics.Brier(),
          ProbabilityMetrics.CalibrationError.defaults(),
          new RankingMetrics.RocAuc(null, true),
          new RankingMetrics.AveragePrecision(null, true));
  private static final List<MetricConfig> REGRESSION =
      List.of(
          new RegressionMetrics.Mae(),
          new RegressionMetrics.Mse(),
          new RegressionMetrics.Rmse(),
          new RegressionMetrics.Mape(),
          new RegressionMetrics.R2(),
          new RegressionMetrics.Pearson(),
          new Spearman());

  @TestFactory
  Stream<DynamicTest> classificationEqualsScikitLearn() throws IOException {
    return tests(
        "classification",
        golden -> {
          float[][] logits = rows(golden.path("logits"));
          long[] labels = longs(golden.path("labels"));
          List<String> names =
              IntStream.range(0, logits[0].length).mapToObj(Integer::toString).toList();
          Map<String, Double> values = new TreeMap<>();
          for (MetricConfig config : CLASSIFICATION) {
            Supplier<Metric> metric = () -> config.create(DataSpec.ofFeatures(1, names));
            values.putAll(
                Scored.overRanks(
                    metric, logits, (from, to) -> Arrays.copyOfRange(labels, from, to)));
          }
          return values;
        });
  }

  @TestFactory
  Stream<DynamicTest> multiLabelClassificationEqualsScikitLearn() throws IOException {
    return tests(
        "multiLabel",
        golden -> {
          float[][] logits = rows(golden.path("logits"));
          float[][] labels = rows(golden.path("labels"));
          List<String> names =
              IntStream.range(0, logits[0].length).mapToObj(Integer::toString).toList();
          DataSpec data = DataSpec.ofFeatures(1, names).predicting(DataSpec.Target.CLASSES);
          Map<String, Double> values = new TreeMap<>();
          for (MetricConfig config : CLASSIFICATION) {
            if (config instanceof ClassificationMetrics.OfClass
                || config instanceof ClassificationMetrics.Accuracy) {
              values.putAll(
                  Scored.overRanks(
                      () -> config.create(data),
                      logits,
                      (from, to) -> Arrays.copyOfRange(labels, from, to)));
            }
          }
          return values;
        });
  }

  @TestFactory
  Stream<DynamicTest> regressionEqualsScikitLearn() throws IOException {
    return tests(
        "regression",
        golden -> {
          float[][] outputs = rows(golden.path("outputs"));
          float[][] labels = rows(golden.path("labels"));
          Map<String, Double> values = new TreeMap<>();
          for (MetricConfig config : REGRESSION) {
            Supplier<Metric> metric = () -> config.create(DataSpec.ofFeatures(1, List.of()));
            values.putAll(
                Scored.overRanks(
                    metric, outputs, (from, to) -> Arrays.copyOfRange(labels, from, to)));
          }
          return values;
        });
  }

  private static Stream<DynamicTest> tests(
      String section, Function<JsonNode, Map<String, Double>> compute) throws IOException {
    try (InputStream file =
        Objects.requireNonNull(MetricGoldensTest.class.getResourceAsStream("metrics.json"))) {
      return Json.MAPPER.readTree(file).path(section).properties().stream()
          .map(
              golden ->
                  DynamicTest.dynamicTest(
                      golden.getKey(),
                      () ->
                          assertEqual(
                              compute.apply(golden.getValue()),
                              Json.numbers(golden.getValue().path("expected")))));
    }
  }

  /** Compares the values that were recorded; some metrics are not recorded for two classes. */
  private static void assertEqual(Map<String, Double> values, Map<String, Double> expected) {
    assertThat(values.keySet()).containsAll(expected.keySet());
    expected.forEach(
        (name, value) -> {
          double found = values.get(name);
          double tolerance = 1e-9 * Math.max(1, Math.abs(value));
          assertThat(
                  Double.isNaN(value) ? Double.isNaN(found) : Math.abs(found - value) <= tolerance)
              .as("%s is %s, expected %s", name, found, value)
              .isTrue();
        });
  }

  /** The rows of a matrix; a list of numbers has one in each row. */
  private static float[][] rows(JsonNode array) {
    return array
        .valueStream()
        .map(
            row -> {
              float[] numbers = new float[Math.max(1, row.size())];
              for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (row.isArray() ? row.path(i) : row).floatValue();
              }
              return numbers;
            })
        .toArray(float[][]::new);
  }

  private static long[] longs(JsonNode array) {
    return array.valueStream().mapToLong(JsonNode::asLong).toArray();
  }
}
