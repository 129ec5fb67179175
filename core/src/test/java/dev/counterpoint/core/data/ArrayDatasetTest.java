package dev.counterpoint.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ArrayDatasetTest {
  @Test
  void featureRowsOfDifferentWidthsAreRejected() {
    float[][] features = {{1, 2}, {1, 2, 3}};

    assertThatThrownBy(() -> ArrayDataset.ofClasses(features, new long[] {0, 1}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Row 1 of features has 3 values")
        .hasMessageContaining("row 0 has 2");
  }

  @Test
  void targetRowsOfDifferentWidthsAreRejected() {
    float[][] features = {{1, 2}, {3, 4}};

    assertThatThrownBy(() -> ArrayDataset.ofTargets(features, new float[][] {{1, 2}, {3}}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Row 1 of targets has 1 value")
        .hasMessageContaining("row 0 has 2");
  }

  @Test
  void collatesTheRowsOfTheGivenIndicesInOrder() {
    float[][] features = {{1, 2}, {3, 4}, {5, 6}};
    ArrayDataset dataset = ArrayDataset.ofTargets(features, new float[][] {{7}, {8}, {9}});

    HostBatch batch = dataset.collate(new long[] {2, 0});

    assertThat(batch.tensors().get(Batch.FEATURES).floats()).containsExactly(5, 6, 1, 2);
    assertThat(batch.tensors().get(Batch.LABELS).floats()).containsExactly(9, 7);
  }
}
