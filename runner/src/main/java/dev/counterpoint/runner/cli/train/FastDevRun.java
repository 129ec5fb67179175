package dev.counterpoint.runner.cli.train;

import dev.counterpoint.core.callback.CallbackConfig.ReportsToServer;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.runner.wiring.RunFile;
import java.util.LinkedHashMap;
import java.util.Map;

/** Two training steps, each with a checkpoint, and a validation of two batches. */
record FastDevRun() implements ShortTraining {
  private static final int STEPS = 2;

  @Override
  public RunFile settings(RunFile file) {
    return RecordCopy.with(
        file,
        Map.of(
            "name",
            file.name() + "-fast-dev-run",
            "callbacks",
            file.callbacks().stream().filter(it -> !(it instanceof ReportsToServer)).toList(),
            "training",
            RecordCopy.with(
                file.training().withEpochs(STEPS).withMaxSteps(STEPS).withValidateEvery(null),
                "reportEvery",
                1),
            "checkpoint",
            RecordCopy.with(file.checkpoint(), "everySteps", 1)));
  }

  @Override
  public DataSplits select(DataSplits data, TrainingConfig training) {
    Map<String, Dataset> splits = new LinkedHashMap<>(data.splits());
    splits.computeIfPresent(
        DataSplits.VALIDATION,
        (name, split) ->
            split.size() == 0 ? split : new Examples(split, STEPS * (long) training.microBatch()));
    return RecordCopy.with(data, "splits", splits);
  }

  @Override
  public String result(BaseModel model, RunFile file) {
    return "fast-dev-run: passed. The model of this run is not trained.";
  }
}
