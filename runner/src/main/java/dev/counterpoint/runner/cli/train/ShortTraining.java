package dev.counterpoint.runner.cli.train;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.runner.wiring.RunFile;
import java.util.Arrays;
import java.util.List;

/** A training of few steps, which checks a run. */
interface ShortTraining {
  /** The run file with the settings of the check. */
  RunFile settings(RunFile file);

  /** The examples of the check. */
  DataSplits select(DataSplits data, TrainingConfig training);

  /** Observes the training. */
  default List<Callback> callbacks(StopSignal stop) {
    return List.of();
  }

  /**
   * Decides after the training whether the check has passed.
   *
   * @return the result, for people
   * @throws dev.counterpoint.runner.RunFailed if it has not
   */
  String result(BaseModel model, RunFile file);

  /**
   * Some examples of a dataset, at equal distances because a file may be sorted by label.
   *
   * @param count the number of different examples
   * @param size the number of examples, with repetitions
   */
  record Examples(Dataset all, long count, long size) implements Dataset.Traceable {
    Examples(Dataset all, long count) {
      this(all, Math.min(count, all.size()), Math.min(count, all.size()));
    }

    private long index(long index) {
      return index % count * (all.size() / count);
    }

    @Override
    public HostBatch collate(long[] indices) {
      return all.collate(Arrays.stream(indices).map(this::index).toArray());
    }

    @Override
    public String origin(long index) {
      return all instanceof Dataset.Traceable traceable
          ? traceable.origin(index(index))
          : "item " + index(index);
    }
  }
}
