package dev.counterpoint.core.checkpoint;

import java.util.Map;

/**
 * State that survives a restart: {@code state_dict} and {@code load_state_dict} of PyTorch, with
 * the in-place rule of {@code torch.distributed.checkpoint.stateful.Stateful}. Optimizers, training
 * strategies and callbacks implement it.
 *
 * <p>The state of a callback consists of numbers and texts, and of lists and maps of these, because
 * {@code state.json} stores it. Optimizers and strategies may also have float32 arrays ({@code
 * ai.djl.ndarray.NDArray}), which {@code optimizer.safetensors} stores under their names. A
 * checkpoint is read into the very arrays that {@link #state} returns, before {@link #loadState} is
 * called: an object whose state is arrays only needs no {@code loadState}.
 */
public interface Stateful {
  /** Prefix of the names of state that belongs to a single rank: {@code rank-00001/NAME}. */
  String RANK_PREFIX = "rank-";

  /** The state by name. Arrays are the objects themselves, not copies. */
  Map<String, ?> state();

  /**
   * Restores the numbers and texts; the arrays of {@link #state} already contain their saved
   * values.
   *
   * @param state as it was saved; an integer may return as another kind of number
   */
  default void loadState(Map<String, ?> state) {}
}
