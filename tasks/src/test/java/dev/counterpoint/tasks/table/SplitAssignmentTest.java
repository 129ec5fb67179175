package dev.counterpoint.tasks.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitAssignmentTest {
  private static final TableFormat FORMAT = TableFormat.defaults();

  @TempDir Path folder;

  /** 1,000 rows: a number, one of 50 groups, one of two labels, and a time in any order. */
  private static List<String> rows() {
    return IntStream.range(0, 1_000)
        .mapToObj(i -> i + ",g" + i % 50 + "," + (i % 10 == 0 ? "a" : "b") + "," + i * 7 % 1_000)
        .toList();
  }

  /** The rows of each split. */
  private Map<String, List<String>> split(List<String> rows, TableSplit split) throws IOException {
    Path path =
        Files.writeString(
            folder.resolve("rows.csv"),
            rows.stream().collect(Collectors.joining("\n", "i,group,label,time\n", "\n")));
    TableSource file = TableSource.of(path);
    SplitAssignment assignment =
        new SplitAssignment(file, FORMAT, split, 17, SplitAssignmentTest::group);
    Map<String, List<String>> found = new TreeMap<>();
    file.read(
        table -> {
          List<String> columns = table.columns();
          List<String> keys = assignment.columns(columns);
          for (Chunk all = table.next(columns); all != null; all = table.next(columns)) {
            for (int i = 0; i < all.size(); i++) {
              int row = i;
              Chunk chunk = all;
              found
                  .computeIfAbsent(assignment.of(chunk, row, keys), any -> new ArrayList<>())
                  .add(
                      String.join(
                          ",", columns.stream().map(it -> chunk.column(it).text(row)).toList()));
            }
          }
          return table;
        });
    return found;
  }

  private static @Nullable String group(@Nullable String text) {
    return text == null || List.of("", "NA").contains(text) ? null : text.strip();
  }

  private static TableSplit by(TableSplit.By by, String column) {
    return new TableSplit(0.2, 0.1, by, column, null);
  }

  @Test
  void sharesAreExact() throws IOException {
    Map<String, List<String>> found = split(rows(), by(null, null));

    assertThat(found.get("train")).hasSize(700);
    assertThat(found.get("validation")).hasSize(200);
    assertThat(found.get("test")).hasSize(100);
  }

  @Test
  void theOrderOfTheRowsDoesNotMatter() throws IOException {
    List<String> reversed = new ArrayList<>(rows());
    java.util.Collections.reverse(reversed);

    assertThat(Set.copyOf(split(reversed, by(null, null)).get("test")))
        .isEqualTo(Set.copyOf(split(rows(), by(null, null)).get("test")));
  }

  @Test
  void anotherSeedSelectsOtherRows() throws IOException {
    TableSplit other = new TableSplit(0.2, 0.1, null, null, 18L);

    assertThat(split(rows(), other).get("test"))
        .isNotEqualTo(split(rows(), by(null, null)).get("test"));
  }

  @Test
  void identicalRowsAreInTheSameSplit() throws IOException {
    List<String> twice = new ArrayList<>(rows());
    twice.addAll(rows());

    Map<String, List<String>> found = split(twice, by(TableSplit.By.RANDOM, null));

    assertThat(found.get("train")).noneMatch(new HashSet<>(found.get("test"))::contains);
  }

  @Test
  void strataHaveTheSameShares() throws IOException {
    Map<String, List<String>> found = split(rows(), by(TableSplit.By.STRATIFIED, "label"));

    assertThat(found.get("test")).hasSize(100);
    assertThat(found.get("test").stream().filter(row -> row.contains(",a,"))).hasSize(10);
  }

  @Test
  void groupsAreNotDivided() throws IOException {
    Map<String, List<String>> found = split(rows(), by(TableSplit.By.GROUP, "group"));

    assertThat(groups(found.get("validation"))).hasSize(10);
    assertThat(groups(found.get("test")))
        .hasSize(5)
        .doesNotContainAnyElementsOf(groups(found.get("train")));
  }

  @Test
  void groupsAreComparedByTheirValues() throws IOException {
    List<String> written = List.of("\"p1\"", "\"p1 \"", "\" p1\"", "NA", "");
    List<String> rows = new ArrayList<>(rows());
    IntStream.range(0, 500).forEach(i -> rows.add(i + "," + written.get(i % 5) + ",a,1"));

    for (long seed = 0; seed < 5; seed++) {
      TableSplit split = new TableSplit(0.3, 0.3, TableSplit.By.GROUP, "group", seed);
      Map<String, List<String>> found = split(rows, split);
      List<Set<String>> groups =
          found.values().stream()
              .map(
                  each ->
                      each.stream()
                          .map(row -> String.valueOf(group(row.split(",")[1])))
                          .collect(Collectors.toSet()))
              .toList();

      assertThat(groups.stream().flatMap(Set::stream)).doesNotHaveDuplicates();
    }
  }

  private static Set<String> groups(List<String> rows) {
    return rows.stream().map(row -> row.split(",")[1]).collect(Collectors.toSet());
  }

  @Test
  void theLatestRowsAreTheTestSplit() throws IOException {
    Map<String, List<String>> found = split(rows(), by(TableSplit.By.TIME, "time"));

    assertThat(times(found.get("train"))).allMatch(time -> time < 700);
    assertThat(times(found.get("validation"))).allMatch(time -> time >= 700 && time < 900);
    assertThat(times(found.get("test"))).hasSize(100).allMatch(time -> time >= 900);
  }

  private static List<Integer> times(List<String> rows) {
    return rows.stream().map(row -> Integer.valueOf(row.split(",")[3])).toList();
  }
}
