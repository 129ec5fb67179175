package dev.counterpoint.runner.plan;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelSummary;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.runner.machine.Memory;
import dev.counterpoint.runner.rundir.PeakMemory;
import dev.counterpoint.runner.wiring.Run;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be predicted about a training before it starts.
 *
 * @param settings the resolved settings
 * @param splits the splits of the data
 * @param notes notes about the settings and the data, such as truncated texts
 * @param warnings what is most likely a mistake
 * @param layers the layers of the model, with the shapes for the longest example
 * @param parameters the number of elements of all parameters
 * @param trainable the same of the trainable parameters
 * @param checkpointBytes the bytes of one checkpoint
 * @param diskBytes the bytes of all checkpoints and the model at the end
 * @param time the predicted time; null if it was not measured
 * @param scaling the predicted steps on several machines; empty without a time
 */
public record Plan(
    String name,
    List<Setting> settings,
    List<Split> splits,
    List<String> notes,
    List<String> warnings,
    List<ModelTrace.Row> layers,
    long parameters,
    long trainable,
    PlannedSteps steps,
    MemoryEstimate memory,
    long checkpointBytes,
    long diskBytes,
    @Nullable TimeEstimate time,
    List<Scaling> scaling) {
  private static final long EMPTY_START = 200_000_000; // bytes of a process without data and model
  private static final int MAX_LENGTHS = 100_000; // examples whose lengths are read

  /**
   * A setting.
   *
   * @param origin {@code line 12} of the run file, its {@code --set} option, or {@code default}
   */
  public record Setting(String key, String value, String origin) {}

  /**
   * A split of the data. The lengths are those of at most 100,000 examples.
   *
   * @param shortest the tokens of the shortest example; 0 if examples have no lengths
   * @param longest the tokens of the longest example
   * @param mean the mean of the tokens
   */
  public record Split(String name, long examples, int shortest, double mean, int longest) {

    static Split of(String name, Dataset split) {
      if (!(split instanceof Dataset.OfVariableLength lengths)) {
        return new Split(name, split.size(), 0, 0, 0);
      }
      var statistics =
          IntStream.range(0, (int) Math.min(MAX_LENGTHS, split.size()))
              .map(lengths::length)
              .summaryStatistics();
      return new Split(
          name,
          split.size(),
          split.size() == 0 ? 0 : statistics.getMin(),
          statistics.getAverage(),
          split.size() == 0 ? 0 : statistics.getMax());
    }
  }

  /**
   * Makes the plan of a run.
   *
   * @param timed the request to train the run, which is followed for some seconds to predict the
   *     time; null for a plan without time
   */
  public static Plan of(Run run, DataSplits data, BaseModel model, Run.@Nullable Request timed)
      throws IOException {
    TrainingConfig training = run.file().training();
    Dataset train = data.train();
    boolean validates = data.validation().isPresent();
    PlannedSteps steps = PlannedSteps.of(run.file(), train.size(), validates);
    Dataset inputs = inputs(train);
    long longest = longest(train);
    List<ModelTrace.Row> layers;
    try (Batch batch = new Batch(inputs.collate(new long[] {longest}), model.device())) {
      layers = ModelTrace.of(model, batch);
    }
    int microBatch = (int) Math.min(training.microBatch(), train.size());
    long step = StepMemory.predict(model, inputs, longest, microBatch);
    MemoryEstimate memory = MemoryEstimate.of(model, run.file(), step, steps.checkpoints() > 1);
    boolean fits =
        model.device().isGpu()
            || memory.peak() - memory.data() + PeakMemory.bytes().orElse(0)
                < Memory.read().physicalBytes() - EMPTY_START;
    TimeEstimate time =
        timed != null && fits ? TimeEstimate.measure(model, data, run, timed, steps) : null;
    List<String> warnings = warnings(training, train.size(), validates, steps);
    if (!fits) {
      warnings.add(
          "The predicted memory is larger than that of this machine; training.microBatchSize or a"
              + " smaller maxLength reduces it.");
    }
    ModelSummary summary = ModelSummary.of(model);
    List<String> notes = new ArrayList<>(run.notes());
    notes.addAll(data.notes());
    return new Plan(
        run.file().name(),
        settings(run),
        data.splits().entrySet().stream().map(it -> Split.of(it.getKey(), it.getValue())).toList(),
        notes,
        warnings,
        layers,
        summary.count(),
        summary.trainable(),
        steps,
        memory,
        memory.checkpoint(),
        steps.keptCheckpoints() * memory.checkpoint() + memory.weights(),
        time,
        time == null
            ? List.of()
            : Scaling.of(time.step(), summary.trainable() * Float.BYTES, training.batchSize()));
  }

  private static Dataset inputs(Dataset train) {
    return train instanceof Dataset.OfEpochs epochs ? epochs.ofEpoch(1) : train;
  }

  /** The index of the longest of the first {@link #MAX_LENGTHS} examples. */
  private static long longest(Dataset train) {
    long longest = 0;
    if (train instanceof Dataset.OfVariableLength lengths) {
      for (long i = 1; i < Math.min(MAX_LENGTHS, train.size()); i++) {
        longest = lengths.length(i) > lengths.length(longest) ? i : longest;
      }
    }
    return longest;
  }

  private static List<Setting> settings(Run run) {
    return run.settings().entrySet().stream()
        .map(
            it ->
                new Setting(
                    it.getKey(),
                    it.getValue(),
                    run.written().origin(it.getKey()).orElse("default")))
        .toList();
  }

  private static List<String> warnings(
      TrainingConfig training, long examples, boolean validates, PlannedSteps steps) {
    List<String> warnings = new ArrayList<>();
    if (training.batchSize() > examples) {
      warnings.add(
          "training.batchSize is %s, but the training split has only %s examples."
              .formatted(training.batchSize(), examples));
    }
    if (steps.losesFirstStep()) {
      warnings.add(
          "The warm-up is a single step, whose learning rate is 0: it has no effect. The run has %s"
                  .formatted(steps.total())
              + " steps.");
    }
    if (!validates) {
      warnings.add("There is no validation split: no metrics, and no best model.");
    }
    if (training.microBatchSize() != null && training.microBatchSize() > training.batchSize()) {
      warnings.add("training.microBatchSize is larger than training.batchSize and has no effect.");
    }
    return warnings;
  }

  /** The peak memory in bytes of the training that measured the time; 0 without one. */
  public long peakMemory() {
    return time == null ? 0 : time.peakMemory();
  }

  /** The plan as a JSON object. */
  public ObjectNode toJson() {
    return Json.MAPPER.valueToTree(this);
  }
}
