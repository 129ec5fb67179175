package dev.counterpoint.tasks.textclassification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables without a header, and one column for each label. */
class TextColumnsTest {
  @TempDir private Path folder;
  private TextTables tables;

  @BeforeEach
  void createTables() throws IOException {
    tables = new TextTables(folder);
  }

  @Test
  void columnsWithoutAHeaderAreNamedByPosition() throws IOException {
    tables.write("raw.tsv", "good film\t27\ta1\nbad\t4,27\ta2\n");
    Map<String, ?> settings =
        Map.of("header", false, "text", "column1", "label", "column2", "labelSeparator", ",");
    try (DataSplits splits = tables.open(TextTables.train("raw.tsv", settings))) {
      assertThat(splits.spec().labels()).containsExactly("4", "27");
      assertThat(splits.splits().get("train").size()).isEqualTo(2);
      assertThat(((Dataset.Traceable) splits.splits().get("train")).origin(1))
          .endsWith("raw.tsv line 2");
    }
  }

  @Test
  void columnsWithoutAHeaderHaveTheConfiguredNames() throws IOException {
    tables.write("raw.csv", "1,good film\n0,bad\n");
    Map<String, ?> settings = Map.of("header", false, "columnNames", List.of("label", "text"));
    try (DataSplits splits = tables.open(TextTables.train("raw.csv", settings))) {
      assertThat(splits.spec().labels()).containsExactly("0", "1");
    }
  }

  @Test
  void theColumnOfTheTextIsSavedIfItIsSet() throws IOException {
    tables.write("two.csv", "text,comment,label\na,good film,1\nb,bad,0\n");
    try (DataSplits set = tables.open(TextTables.train("two.csv", Map.of("text", "comment")));
        DataSplits detected = tables.open(TextTables.train("two.csv"))) {
      assertThat(set.prediction()).isEqualTo(new TextInput("comment", null, true, null, null));
      assertThat(detected.prediction()).isNull();
    }
  }

  @Test
  void aColumnThatDoesNotExistIsRejectedWithThosePresent() throws IOException {
    tables.write("raw.csv", "1,good film\n0,bad\n");
    Map<String, ?> settings = Map.of("header", false, "text", "column3", "label", "column1");
    assertRejected("raw.csv", settings, "\"column3\"", "column1, column2");
  }

  @Test
  void eachLabelMayHaveAColumn() throws IOException {
    tables.write("flags.csv", "text,toxic,insult\ngood,0,0\nbad,1,0\nworse,1.0,true\n");
    Map<String, ?> settings = Map.of("labelColumns", List.of("toxic", "insult"));
    try (DataSplits splits = tables.open(TextTables.train("flags.csv", settings))) {
      HostTensor labels =
          splits.splits().get("train").collate(new long[] {0, 1, 2}).tensors().get(Batch.LABELS);
      assertThat(splits.spec().labels()).containsExactly("toxic", "insult");
      assertThat(splits.spec().target()).isEqualTo(DataSpec.Target.CLASSES);
      assertThat(labels.floats()).containsExactly(0, 0, 1, 0, 1, 1);
    }
  }

  @ParameterizedTest
  @CsvSource({"2", "yes", "''", "0.5"})
  void anotherValueThan0Or1InALabelColumnIsRejectedWithItsLine(String value) throws IOException {
    tables.write("flags.csv", "text,toxic,insult\ngood,0,0\nbad,1,%s\n".formatted(value));
    assertRejected(
        "flags.csv",
        Map.of("labelColumns", List.of("toxic", "insult")),
        "flags.csv line 3",
        "\"" + value + "\"",
        "\"insult\"");
  }

  @Test
  void anUnknownLabelColumnIsRejectedWithThosePresent() throws IOException {
    tables.write("flags.csv", "text,toxic,insult\ngood,0,0\n");
    assertRejected(
        "flags.csv",
        Map.of("labelColumns", List.of("toxic", "insults")),
        "\"insults\"",
        "text, toxic, insult");
  }

  @Test
  void labelColumnsCannotBeCombinedWithALabelColumn() {
    assertThatThrownBy(
            () ->
                TextTables.train(
                    "flags.csv", Map.of("label", "a", "labelColumns", List.of("b", "c"))))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("labelColumns");
  }

  private void assertRejected(String file, Map<String, ?> settings, String... facts) {
    assertThatThrownBy(() -> tables.open(TextTables.train(file, settings)).close())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(facts);
  }
}
