package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.parameter.FlatArrays;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.parameter.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The steps of {@link Rounds} at work on a model. In rounds of one plain step it does nothing. */
final class OuterStep implements AutoCloseable {
  private final Rounds rounds;
  private final Collective collective;
  private final List<Parameter> parameters;
  private final List<FlatArrays> memory = new ArrayList<>();
  private boolean together = true;
  private long round;

  OuterStep(Rounds rounds, Collective collective, List<Parameter> model) {
    this.rounds = rounds;
    this.collective = collective;
    this.parameters =
        model.stream()
            .filter(parameter -> parameter.trainable() && parameter.shape().size() > 0)
            .toList();
    List<Shape> shapes = parameters.stream().map(Parameter::shape).toList();
    int kept = !rounds.local() && rounds.plain() ? 0 : 3;
    for (int i = 0; i < kept; i++) {
      memory.add(new FlatArrays(shapes)); // the values of the round's begin, momentum, change
    }
  }

  /** To be called when the parameters have the values that the training begins with. */
  void begin() {
    if (!memory.isEmpty()) {
      memory.get(0).copyFrom(values());
    }
  }

  private List<NDArray> values() {
    return parameters.stream().map(Parameter::value).toList();
  }

  /** Adds up the gradients over the processes, unless the step is each one's own. */
  void exchange(Gradients gradients) {
    if (!rounds.local()) {
      collective.sum(gradients);
    }
  }

  /** What makes the gradients here those of the mean loss, for a batch of this weight. */
  double factor(double weight) {
    return (rounds.local() ? collective.world() : 1) / weight;
  }

  /** The norm that is told: common, or the root of the mean square of the processes' norms. */
  double norm(double own) {
    return local() ? Math.sqrt(collective.sum(own * own)[0] / collective.world()) : own;
  }

  /**
   * Ends the round where it is to end after this step.
   *
   * @return whether all processes have the same parameters now
   */
  boolean endRound(Progress progress, long stepsPerEpoch) {
    long stepInEpoch = progress.stepInEpoch();
    round = (progress.epoch() - 1) * roundsIn(stepsPerEpoch) + roundsIn(stepInEpoch);
    together = stepInEpoch % rounds.every() == 0 || stepInEpoch == stepsPerEpoch;
    if (together && !memory.isEmpty()) {
      FlatArrays change = memory.get(2);
      change.copyFrom(values());
      run("change", change.flat(), memory.get(0).flat(), local() ? 1.0 / collective.world() : 1.0);
      if (local()) {
        collective.sum(change.buckets(collective.bucketBytes()));
      }
      run(
          "step",
          memory.get(0).flat(),
          memory.get(1).flat(),
          change.flat(),
          rounds.learningRate(),
          rounds.momentum());
      memory.get(0).copyTo(values());
    }
    return together;
  }

  private long roundsIn(long steps) {
    return (steps + rounds.every() - 1) / rounds.every();
  }

  /** The round at hand, from 1. */
  long round() {
    return round;
  }

  private static void run(String function, Object... arguments) {
    Kernel.load("outer").run(function, arguments);
  }

  /** Whether all processes have the same parameters: between two rounds. */
  boolean together() {
    return together;
  }

  /** Whether the processes' optimizers remember different things. */
  boolean local() {
    return rounds.local() && collective.world() > 1;
  }

  /** The outer momentum by parameter name, the same in all processes: what a checkpoint keeps. */
  Map<String, NDArray> state() {
    Map<String, NDArray> state = new LinkedHashMap<>();
    if (!memory.isEmpty()) {
      for (int i = 0; i < parameters.size(); i++) {
        state.put(parameters.get(i).name() + "/outer-momentum", memory.get(1).slots().get(i));
      }
    }
    return state;
  }

  @Override
  public void close() {
    memory.forEach(FlatArrays::close);
  }
}
