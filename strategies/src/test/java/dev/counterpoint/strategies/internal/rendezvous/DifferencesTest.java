package dev.counterpoint.strategies.internal.rendezvous;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class DifferencesTest {
  @Test
  void valuesThatAgreeAreNoDifference() {
    assertThat(Differences.among(ranks("a", "a"))).isEmpty();
  }

  @Test
  void longValuesAreShownWhereTheyBeginToDiffer() {
    String common = "x".repeat(200);

    assertThat(Differences.among(ranks(common + "1" + common, common + "2" + common, common)))
        .get()
        .asString()
        .contains("on rank 0, ..." + "x".repeat(20) + "2" + "x".repeat(39) + "... on rank 1")
        .contains("..." + "x".repeat(20) + " on rank 2");
  }

  @Test
  void longValuesThatDifferAtOnceAreShownFromTheirBegin() {
    assertThat(Differences.among(ranks("1" + "x".repeat(99), "")))
        .get()
        .asString()
        .endsWith("is 1" + "x".repeat(59) + "... on rank 0, empty on rank 1");
  }

  private static Map<Integer, Map<String, String>> ranks(String... values) {
    Map<Integer, Map<String, String>> ranks = new TreeMap<>();
    for (int rank = 0; rank < values.length; rank++) {
      ranks.put(rank, Map.of("the model", values[rank]));
    }
    return ranks;
  }
}
