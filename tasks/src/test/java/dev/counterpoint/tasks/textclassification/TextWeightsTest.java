package dev.counterpoint.tasks.textclassification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights of examples and classes. */
class TextWeightsTest {
  @TempDir private Path folder;
  private TextTables tables;

  @BeforeEach
  void writeTables() throws IOException {
    tables = new TextTables(folder);
    tables.write("t.csv", "text,label,w\ngood,yes,2\nfine,yes,1\nwell,yes,0.5\nbad,no,4\n");
  }

  private TextClassification with(Map<String, ?> settings) {
    return TextTables.train("t.csv", settings);
  }

  private static float[] weights(Dataset split) {
    return split.collate(new long[] {3, 2, 1, 0}).tensors().get(Batch.WEIGHTS).floats();
  }

  @Test
  void classesAreBalancedAsInScikitLearn() throws IOException {
    try (DataSplits splits = tables.open(with(Map.of("balanceClasses", true)))) {
      float rare = 4f / (2 * 1);
      float frequent = 4f / (2 * 3);
      assertThat(weights(splits.train())).containsExactly(rare, frequent, frequent, frequent);
    }
  }

  @Test
  void weightsOfExamplesAreThoseOfTheColumnTimesThoseOfTheClass() throws IOException {
    Map<String, ?> settings = Map.of("weight", "w", "classWeights", Map.of("no", 3.0));
    try (DataSplits splits = tables.open(with(settings))) {
      assertThat(weights(splits.train())).containsExactly(12, 0.5f, 1, 2);
    }
  }

  @Test
  void weightsApplyToNumbers() throws IOException {
    Map<String, ?> settings =
        Map.of("weight", "w", "label", "w", "problem", TextClassification.Problem.REGRESSION);
    try (DataSplits splits = tables.open(with(settings))) {
      assertThat(weights(splits.train())).containsExactly(4, 0.5f, 1, 2);
    }
  }

  @Test
  void withoutWeightsABatchHasNone() throws IOException {
    try (DataSplits splits = tables.open(with(Map.of()))) {
      assertThat(splits.train().collate(new long[] {0}).tensors()).doesNotContainKey(Batch.WEIGHTS);
    }
  }

  @Test
  void anEvaluationOfAnotherFileNeedsNoWeights() throws IOException {
    tables.write("more.csv", "text,label\ngood,yes\n");
    TextClassification settings = with(Map.of("weight", "w", "balanceClasses", true));
    try (DataSplits splits = tables.open(settings)) {
      Path model = Files.createDirectory(folder.resolve("model"));
      splits.files().get("tokenizer.json").writeTo(model.resolve("tokenizer.json"));
      DataSpec spec = splits.spec();
      DataContext context =
          new DataContext(folder.resolve("cache"), folder::resolve, 64, 17, model, spec, null);
      try (DataSplits more = settings.openFile("more.csv", spec, context)) {
        Map<String, HostTensor> tensors =
            more.splits().get("data").collate(new long[] {0}).tensors();
        assertThat(tensors).doesNotContainKey(Batch.WEIGHTS);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "much"})
  void aWeightThatIsNotPositiveIsRejectedWithItsLine(String weight) throws IOException {
    tables.write("t.csv", "text,label,w\ngood,yes,2\nbad,no,%s\n".formatted(weight));
    assertRejected(Map.of("weight", "w"), "t.csv line 3", "\"" + weight + "\"", "\"w\"");
  }

  @Test
  void anUnknownWeightColumnIsRejectedWithThosePresent() {
    assertRejected(Map.of("weight", "v"), "\"v\"", "text, label, w");
  }

  @Test
  void aWeightOfAnUnknownClassIsRejectedWithTheClasses() {
    assertRejected(Map.of("classWeights", Map.of("maybe", 2.0)), "\"maybe\"", "no, yes");
  }

  @Test
  void weightsOfClassesNeedOneClassPerText() {
    assertThatThrownBy(() -> with(Map.of("labelSeparator", ",", "balanceClasses", true)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("balanceClasses", "weight");
    assertThatThrownBy(
            () -> with(Map.of("labelColumns", List.of("a", "b"), "classWeights", Map.of("a", 2.0))))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("classWeights");
  }

  private void assertRejected(Map<String, ?> settings, String... facts) {
    assertThatThrownBy(() -> tables.open(with(settings)).close())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(facts);
  }
}
