import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSource;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.metric.Classification;
import dev.counterpoint.core.settings.Checks;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Rows of zeros and ones: is the number of ones even or odd?
 *
 * @param items rows to train on
 * @param length numbers a row
 */
public record Parity(int items, int length) implements DataSource {
  private static final List<String> LABELS = List.of("even", "odd");

  public Parity {
    new Checks().positive("items", items).positive("length", length).verify();
  }

  @Override
  public DataSplits open(DataContext context) {
    return DataSplits.of(
        DataSpec.ofText(3, 0, LABELS),
        Map.of(
            DataSplits.TRAIN, new Rows(items, length, context.seed()),
            DataSplits.VALIDATION, new Rows(items, length, context.seed() + 1)),
        List.of(() -> new Classification(LABELS)),
        "parity-" + items + "-" + length + "-" + context.seed());
  }

  /** Each row is a function of the seed and its number: token 1 is a zero, token 2 a one. */
  private record Rows(int items, int length, long seed) implements Dataset {
    @Override
    public long size() {
      return items;
    }

    @Override
    public HostBatch collate(long[] chosen) {
      long[] ids = new long[chosen.length * length];
      long[] labels = new long[chosen.length];
      for (int i = 0; i < ids.length; i++) {
        long item = chosen[i / length];
        int bit = new SplittableRandom(seed * 31 + item * length + i % length).nextInt(2);
        ids[i] = 1 + bit;
        labels[i / length] ^= bit;
      }
      float[] mask = new float[ids.length];
      Arrays.fill(mask, 1);
      return new HostBatch(
          chosen.length,
          ids.length,
          Map.of(
              Batch.IDS, HostTensor.of(ids, chosen.length, length),
              Batch.MASK, HostTensor.of(mask, chosen.length, length),
              Batch.LABELS, HostTensor.of(labels, chosen.length)));
    }
  }
}
