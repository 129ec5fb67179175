package dev.counterpoint.tasks.tabular;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A column of type text beside others. */
class TextColumnTest {
  private static final String TABLE = "t,x,y\nred red blue,1,a\nblue,3,b\n";

  /** The ids of words by descending count, then by name: blue is 2, red is 3. */
  private static final TokenizerSettings WORDS =
      new TokenizerSettings(TokenizerSettings.Type.WORD, null, 100, 1, true);

  @TempDir Path folder;
  private Tables tables;

  @BeforeEach
  void createTables() {
    tables = new Tables(folder);
  }

  private static Tabular settings(Object... changes) {
    Object[] all = new Object[changes.length + 4];
    System.arraycopy(changes, 0, all, 4, changes.length);
    all[0] = "columns";
    all[1] = Map.of("t", ColumnType.TEXT);
    all[2] = "tokenizer";
    all[3] = WORDS;
    return Tables.settings(all);
  }

  private DataSplits open(String table, Object... changes) throws IOException {
    tables.write("train.csv", table);
    return tables.open(settings(changes));
  }

  private static List<long[]> rows(HostBatch batch) {
    long[] ids = batch.tensors().get(Batch.IDS).longs();
    int width = ids.length / batch.size();
    return IntStream.range(0, batch.size())
        .mapToObj(i -> Arrays.copyOfRange(ids, i * width, (i + 1) * width))
        .toList();
  }

  @Test
  void tokensAreBesideTheFeatures() throws IOException {
    HostBatch batch = Tables.all(open(TABLE), DataSplits.TRAIN);

    assertThat(rows(batch)).containsExactly(new long[] {3, 3, 2}, new long[] {2, 0, 0});
    assertThat(batch.tensors().get(Batch.MASK).floats()).containsExactly(1, 1, 1, 1, 0, 0);
    assertThat(batch.tensors().get(Batch.FEATURES).floats()).containsExactly(-1, 1);
    assertThat(batch.tokens()).isEqualTo(4);
  }

  @Test
  void theSpecificationHasTheVocabulary() throws IOException {
    DataSplits data = open(TABLE, "maxLength", 2);

    assertThat(data.spec().vocabularySize()).isEqualTo(4);
    assertThat(data.spec().maxLength()).isEqualTo(2);
    assertThat(data.spec().features()).isEqualTo(1);
  }

  @Test
  void longTextsAreTruncatedAndCounted() throws IOException {
    DataSplits data = open(TABLE, "maxLength", 2);

    assertThat(rows(Tables.all(data, DataSplits.TRAIN)).get(0)).containsExactly(3, 3);
    assertThat(data.notes()).anyMatch(it -> it.startsWith("train: 1 texts truncated to 2"));
  }

  @Test
  void aMissingTextIsOneUnknownToken() throws IOException {
    HostBatch batch = Tables.all(open(TABLE + "NA,4,a\n"), DataSplits.TRAIN);

    assertThat(rows(batch).get(2)).containsExactly(1, 0, 0);
  }

  @Test
  void namedValuesAreEncodedLikeTheTable() throws IOException {
    DataSplits trained = open(TABLE, "maxLength", 2);
    try (TabularRows rows = TabularRows.open(tables.save(trained), trained.spec())) {
      TextEncoder.Encoded found =
          rows.encoded(List.of(Map.of("x", 3, "t", "blue"), Map.of("x", 1, "t", "red green red")));

      assertThat(rows(found.batch())).containsExactly(new long[] {2, 0}, new long[] {3, 1});
      assertThat(found.batch().tensors().get(Batch.FEATURES).floats()).containsExactly(1, -1);
      assertThat(found.truncated()).containsExactly(false, true);
    }
  }

  @Test
  void aRowWithoutTextIsRejectedIfNoneWasMissing() throws IOException {
    DataSplits trained = open(TABLE);
    try (TabularRows rows = TabularRows.open(tables.save(trained), trained.spec())) {
      assertThatThrownBy(() -> rows.encoded(List.of(Map.of("x", 3))))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContainingAll("Row 0", "t");
    }
  }

  @Test
  void anotherFileIsEncodedWithTheVocabularyOfTheModel() throws IOException {
    DataSplits trained = open(TABLE);
    tables.write("more.csv", "y,t,x\nb,green blue,5\n");

    DataSplits data = tables.openFile(settings(), "more.csv", trained);

    assertThat(rows(Tables.all(data, "data"))).containsExactly(new long[] {1, 2});
  }

  @Test
  void theSignatureNamesTheText() throws IOException {
    Path model = tables.save(open(TABLE, "maxLength", 2));

    JsonNode inputs =
        new JsonMapper().readTree(model.resolve("signature.json").toFile()).path("inputs");
    assertThat(inputs.findValuesAsText("name")).containsExactly("x", "t");
    assertThat(inputs.get(1).path("type").asText()).isEqualTo("text");
    assertThat(inputs.get(1).path("shape").get(1).asInt()).isEqualTo(2);
  }

  @Test
  void aTableWithoutTextHasTheSameFilesAsBefore() throws IOException {
    tables.write("train.csv", "x,y\n1,a\n3,b\n");
    Path model = tables.save(tables.open(Tables.settings()));

    assertThat(model.toFile().list())
        .containsExactlyInAnyOrder(TabularSchema.FILE, "signature.json");
    assertThat(Files.readString(model.resolve(TabularSchema.FILE))).doesNotContain("tokens");
  }

  @Test
  void twoTextsAreRejectedByName() {
    Map<String, ColumnType> texts = Map.of("one", ColumnType.TEXT, "two", ColumnType.TEXT);

    assertThatThrownBy(() -> Tables.settings("columns", texts))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("columns", "one", "two");
  }

  @Test
  void aTokenizerNeedsAText() {
    assertThatThrownBy(() -> Tables.settings("tokenizer", WORDS))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("tokenizer");
  }
}
