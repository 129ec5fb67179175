package dev.counterpoint.runner.tune;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

final class RangeTestTest {
  @Test
  void suggestsTheLearningRateWhereTheLossFallsFastest() {
    List<RangeTest.Point> points = points(power -> 1 / (1 + Math.exp(4 * (power + 3)))); // at 1e-3

    assertThat(RangeTest.suggestion(points).orElseThrow()).isBetween(0.7e-3, 1.4e-3);
  }

  @Test
  void suggestsNothingIfTheLossDoesNotDecrease() {
    assertThat(RangeTest.suggestion(points(power -> 1 + Math.exp(power)))).isEmpty();
    assertThat(RangeTest.suggestion(List.of())).isEmpty();
  }

  @Test
  void noiseIsNoDecrease() {
    Random random = new Random(3);
    List<RangeTest.Point> flat = points(power -> 0.69 + 0.05 * random.nextGaussian());
    List<RangeTest.Point> smoothed = new ArrayList<>();
    double average = flat.get(0).loss();
    for (RangeTest.Point point : flat) {
      average = 0.9 * average + 0.1 * point.loss();
      smoothed.add(new RangeTest.Point(point.learningRate(), point.loss(), average));
    }

    assertThat(RangeTest.suggestion(smoothed)).isEmpty();
  }

  /** Losses as a function of the decimal logarithm of the learning rate, from 1e-7 to 1. */
  private static List<RangeTest.Point> points(DoubleUnaryOperator loss) {
    List<RangeTest.Point> points = new ArrayList<>();
    for (double power = -7; power < 0; power += 0.07) {
      double value = loss.applyAsDouble(power);
      points.add(new RangeTest.Point(Math.pow(10, power), value, value));
    }
    return points;
  }
}
