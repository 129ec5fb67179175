package dev.counterpoint.runner.bench;

import java.util.Arrays;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/** What was timed of one contender. */
final class Measurement {
  private static final int SAMPLES = 2_000;

  private final Contender.Kind contender;
  private final double[][] turns;
  private final OptionalLong peakBytes;

  /**
   * The times of a contender.
   *
   * @param turns a row a turn, in seconds a step
   * @param peakBytes the most memory that its process held, where that is known
   */
  Measurement(Contender.Kind contender, double[][] turns, OptionalLong peakBytes) {
    this.contender = contender;
    this.turns = turns;
    this.peakBytes = peakBytes;
  }

  Contender.Kind contender() {
    return contender;
  }

  /** The most memory that a process held in which it was alone, where that is known. */
  OptionalLong peakBytes() {
    return peakBytes;
  }

  /** Over all steps of all turns. */
  double median() {
    return quantile(0.5);
  }

  /**
   * Over all steps of all turns.
   *
   * @param part 0.1 for the time that a tenth of them is below
   */
  double quantile(double part) {
    return quantile(Arrays.stream(turns).flatMapToDouble(Arrays::stream).toArray(), part);
  }

  /** This one's median of each turn over the other's of the same turn. */
  private double[] ratios(Measurement other) {
    double[] ratios = new double[turns.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = quantile(turns[i], 0.5) / quantile(other.turns[i], 0.5);
    }
    return ratios;
  }

  /** The median over the turns of this one's time over the other's. */
  double ratioTo(Measurement other) {
    return quantile(ratios(other), 0.5);
  }

  /** What the ratio stays below with 95 % certainty, by the bootstrap: its upper bound. */
  double boundTo(Measurement other) {
    double[] ratios = ratios(other);
    SplittableRandom random = new SplittableRandom(1);
    double[] medians = new double[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      double[] sample = new double[ratios.length];
      Arrays.setAll(sample, j -> ratios[random.nextInt(ratios.length)]);
      medians[i] = quantile(sample, 0.5);
    }
    return quantile(medians, 0.975);
  }

  private static double quantile(double[] values, double part) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double place = part * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
