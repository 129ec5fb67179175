package dev.counterpoint.core.training;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.snapshot.StepSnapshots;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What surrounds a training: where its randomness starts, who watches, where it is kept.
 *
 * @param seed of the order of the items and of dropout
 * @param callbacks who watches, called in this order
 * @param stop asked to end early
 * @param checkpoints where it is kept and goes on from; null: nowhere
 * @param policy when it is kept
 * @param snapshots where steps go that are not finite or unusual; null: nowhere
 */
public record RunOptions(
    long seed,
    List<Callback> callbacks,
    StopSignal stop,
    @Nullable CheckpointStore checkpoints,
    CheckpointPolicy policy,
    @Nullable StepSnapshots snapshots) {
  public RunOptions {
    callbacks = List.copyOf(callbacks);
  }

  /** Without snapshots. */
  public RunOptions(
      long seed,
      List<Callback> callbacks,
      StopSignal stop,
      @Nullable CheckpointStore checkpoints,
      CheckpointPolicy policy) {
    this(seed, callbacks, stop, checkpoints, policy, null);
  }

  /** Nobody watches, nothing is kept. */
  public static RunOptions ofSeed(long seed) {
    return new RunOptions(seed, List.of(), new StopSignal(), null, CheckpointPolicy.defaults());
  }
}
