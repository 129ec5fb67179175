package dev.counterpoint.core.training;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.snapshot.StepSnapshots;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Options of a run besides its training settings: seed, callbacks, checkpoints.
 *
 * @param seed the seed of the shuffling and of dropout
 * @param callbacks the callbacks, called in this order
 * @param stop requests an early end
 * @param checkpoints the store that the run saves to and resumes from; null if it has none
 * @param policy when a checkpoint is saved
 * @param snapshots stores snapshots of steps that are unusual or not finite; null to save none
 * @param detectAnomaly whether the output of each layer is checked, and a failed step names the
 *     first array that is not finite: see {@link dev.counterpoint.core.snapshot.AnomalyDetector}
 */
public record RunOptions(
    long seed,
    List<Callback> callbacks,
    StopSignal stop,
    @Nullable CheckpointStore checkpoints,
    CheckpointPolicy policy,
    @Nullable StepSnapshots snapshots,
    boolean detectAnomaly) {
  public RunOptions {
    callbacks = List.copyOf(callbacks);
  }

  /** Options without step snapshots and anomaly detection. */
  public RunOptions(
      long seed,
      List<Callback> callbacks,
      StopSignal stop,
      @Nullable CheckpointStore checkpoints,
      CheckpointPolicy policy) {
    this(seed, callbacks, stop, checkpoints, policy, null, false);
  }

  /** Options without callbacks and checkpoints. */
  public static RunOptions ofSeed(long seed) {
    return new RunOptions(seed, List.of(), new StopSignal(), null, CheckpointPolicy.defaults());
  }
}
