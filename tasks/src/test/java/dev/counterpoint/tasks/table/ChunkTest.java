package dev.counterpoint.tasks.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ChunkTest {
  /** Values of all magnitudes, and decimals of a few digits in the range that is fast. */
  private static List<Float> floats() {
    SplittableRandom random = new SplittableRandom(3);
    List<Float> values =
        new ArrayList<>(
            List.of(0f, -0f, 0.1f, -0.3f, 1e-3f, 9.999999e6f, 1e7f, 16777216f, Float.MAX_VALUE));
    values.add(Float.MIN_VALUE);
    values.add(Float.NaN);
    for (int i = 0; i < 20_000; i++) {
      float any = Float.intBitsToFloat(random.nextInt());
      if (Float.isFinite(any)) {
        values.add(any);
      }
      float usual = (float) Math.exp(random.nextDouble(Math.log(1e-3), Math.log(1e7)));
      values.add(usual);
      values.add(Math.round(usual * 100) / 100f);
      values.add(-Math.scalb(1f, i % 34 - 10));
      values.add(Math.nextUp(Math.round(usual * 100) / 100f));
      values.add(Math.nextDown(Math.scalb(1f, i % 34 - 10)));
    }
    return values;
  }

  @Test
  void aFloatIsTheDecimalThatItIsWrittenAs() {
    assertThat(floats())
        .filteredOn(
            value -> {
              double decimal = Double.parseDouble(Float.toString(value));
              return Double.compare(Chunk.Values.decimal(value), decimal) != 0;
            })
        .isEmpty();
  }
}
